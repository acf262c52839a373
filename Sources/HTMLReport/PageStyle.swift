/// The style sheet of every report. Serif-free, tabular figures, one accent, prints on A4.
let pageStyle = """
    :root{--ink:#1d2429;--soft:#5d6b73;--line:#dde3e6;--paper:#fff;--wash:#f5f7f7;--accent:#0f5f5c;--tint:#d9ebe9;\
    --truth:#c2410c;--bad:#a3170d}
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%}
    body{margin:0;background:var(--wash);color:var(--ink);font:15px/1.6 system-ui,-apple-system,"Segoe UI","PingFang SC",\
    "Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",sans-serif;font-variant-numeric:tabular-nums}
    input[name=lang]{position:absolute;opacity:0;pointer-events:none}
    #lang-en:checked~.page [lang=zh],#lang-zh:checked~.page [lang=en]{display:none}
    #lang-en:checked~.page label[for=lang-en],#lang-zh:checked~.page label[for=lang-zh]{background:var(--ink);color:#fff}
    #lang-en:focus-visible~.page label[for=lang-en],\
    #lang-zh:focus-visible~.page label[for=lang-zh]{outline:2px solid var(--accent);outline-offset:2px}
    .page{max-width:960px;margin:0 auto;padding:40px 56px 56px;background:var(--paper);min-height:100vh}
    .languages{float:right;display:flex;border:1px solid var(--ink);border-radius:4px;overflow:hidden;font-size:12px}
    .languages label{padding:3px 12px;cursor:pointer}
    .brand{font-size:13px;letter-spacing:.04em;color:var(--accent);font-weight:600}
    h1{font-size:28px;line-height:1.25;margin:6px 0 8px;font-weight:650;letter-spacing:-.01em}
    .purpose{font-size:17px;color:var(--soft);margin:0 0 4px;max-width:44em}
    .meta{color:var(--soft);font-size:13px;margin:0}
    h2{font-size:19px;margin:44px 0 12px;padding-top:14px;border-top:2px solid var(--ink);font-weight:650}
    h3{font-size:15px;margin:26px 0 6px;font-weight:650}
    p{margin:8px 0;max-width:46em}
    .soft{color:var(--soft);font-size:13px}
    .banner{border-left:4px solid var(--truth);background:#fdf3ec;padding:10px 16px;margin:18px 0 0;max-width:none}
    .cards{display:grid;grid-template-columns:repeat(4,1fr);gap:0;margin:28px 0 0;border:1px solid var(--line);border-radius:6px}
    .card{padding:14px 18px;border-left:1px solid var(--line)}
    .card:first-child{border-left:0}
    .card b{display:block;font-size:23px;line-height:1.3;font-weight:650;letter-spacing:-.01em}
    .card span{color:var(--soft);font-size:13px}
    .card i{font-style:normal;color:var(--soft);font-size:12px;display:block}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;width:100%;margin:10px 0;font-size:14px}
    th{text-align:left;font-weight:600;color:var(--soft);font-size:12.5px;border-bottom:1.5px solid var(--ink);\
    padding:6px 12px 6px 0;vertical-align:bottom;white-space:nowrap}
    td{border-bottom:1px solid var(--line);padding:6px 12px 6px 0;vertical-align:top}
    th.n,td.n{text-align:right;white-space:nowrap}
    td:last-child,th:last-child{padding-right:0}
    tr.first td{border-top:1px solid var(--soft)}
    .hash{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:12px;overflow-wrap:anywhere}
    .yes{color:var(--accent);font-weight:600}.no{color:var(--truth);font-weight:600}.bad{color:var(--bad);font-weight:600}
    dl{display:grid;grid-template-columns:1fr 1fr;gap:0 32px;margin:8px 0}
    dl>div{display:flex;gap:12px;border-bottom:1px solid var(--line);padding:6px 0}
    dt{flex:0 0 9.5em;color:var(--soft)}dd{margin:0;flex:1;min-width:0;overflow-wrap:anywhere}
    figure{margin:14px 0 18px}figcaption{color:var(--soft);font-size:13px;margin:0 0 6px}
    svg{display:block;width:100%;height:auto;font-size:12.5px}
    svg text{fill:var(--ink)}svg .dim{fill:var(--soft);font-size:11.5px}
    .legend{display:flex;gap:22px;color:var(--soft);font-size:12.5px;margin:4px 0 0}
    .legend svg{display:inline-block;width:22px;height:12px;margin-right:6px;vertical-align:-1px}
    .who{display:grid;grid-template-columns:1fr 1fr;gap:24px}
    .who>div{border:1px solid var(--line);border-radius:6px;padding:4px 20px 14px}
    ul{padding-left:1.2em;margin:6px 0}li{margin:4px 0}
    footer{margin-top:44px;padding-top:12px;border-top:1px solid var(--line);color:var(--soft);font-size:12.5px}
    @media(max-width:720px){.page{padding:24px 18px}.cards{grid-template-columns:1fr 1fr}.card:nth-child(3){border-left:0}
    .card:nth-child(n+3){border-top:1px solid var(--line)}.who,dl{grid-template-columns:1fr}}
    @media print{body{background:#fff;font-size:11pt}.page{max-width:none;padding:0}.languages{display:none}
    h2{break-after:avoid}h3{break-after:avoid}figure,.who>div,tr,.cards{break-inside:avoid}.scroll{overflow:visible}\
    @page{size:A4;margin:18mm 16mm}}

    """
