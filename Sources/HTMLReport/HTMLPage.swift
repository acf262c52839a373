extension HTML {
    /// A whole page in both languages: one file, no script, nothing fetched. `style` follows the common style sheet.
    package static func page(title: String, in language: Language, style: String = "", _ body: HTML) -> String {
        let chosen = Language.allCases.map { one -> HTML in
            let checked: HTML = one == language ? " checked" : ""
            return "<input type=\"radio\" name=\"lang\" id=\"lang-\(one.rawValue)\"\(checked)>\n"
        }
        let page: HTML = """
            <!DOCTYPE html>
            <html lang="\(language == .chinese ? "zh-CN" : "en")">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>\(title) · Yinhe 隐合</title>
            <style>\(HTML(raw: pageStyle + style))</style>
            </head>
            <body>
            \(chosen)<div class="page">
            <nav class="languages"><label for="lang-en">English</label><label for="lang-zh">中文</label></nav>
            \(body)
            </div>
            </body>
            </html>

            """
        return page.raw
    }
}
