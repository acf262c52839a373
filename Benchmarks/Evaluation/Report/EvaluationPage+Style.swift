extension EvaluationPage {
    /// What this report adds to the common style sheet.
    static let style = """
        .page{max-width:1040px}
        .standard{color:var(--soft);font-size:13px;margin:4px 0 0}
        .number{color:var(--accent);margin-right:.6em}
        .cards b small{font-size:14px;font-weight:600}
        nav.toc{margin:26px 0 0;font-size:14px}
        nav.toc ol{list-style:none;padding:0;margin:6px 0;display:grid;grid-template-columns:1fr 1fr;gap:0 32px}
        nav.toc li{margin:0;border-bottom:1px solid var(--line);padding:5px 0}
        nav.toc a{color:inherit;text-decoration:none}nav.toc a:hover{color:var(--accent)}
        .fields{display:grid;grid-template-columns:1fr 1fr;gap:0 32px;margin:10px 0}
        .field{display:flex;align-items:flex-end;gap:10px;min-height:38px;font-size:14px}
        .field>span{color:var(--soft);flex:0 0 9.5em}
        .field input{flex:1;min-width:0;border:0;border-bottom:1px solid var(--ink);background:transparent;font:inherit;\
        color:var(--ink);padding:2px 4px;border-radius:0}
        .field input:focus,textarea:focus{outline:2px solid var(--accent);outline-offset:1px}
        textarea{display:block;width:100%;border:1px solid var(--line);border-radius:4px;font:inherit;padding:8px 10px;resize:vertical;\
        background:transparent;margin:8px 0 14px}
        .tick{display:inline-flex;align-items:center;gap:4px;margin-right:10px;font-size:12.5px;white-space:nowrap}
        .tick input{margin:0}
        .verdict{min-width:15.5em}
        table.figures tbody td:first-child{padding-left:10px}
        tr.group td{background:var(--wash);padding:7px 10px;border-top:1px solid var(--soft)}
        .floor{color:var(--soft);display:block;font-size:11.5px}
        table.small .soft{font-size:inherit}
        .page dt{flex-basis:11.5em}
        .yes,.no,.bad,.path,.nowrap{white-space:nowrap}
        .remark{display:block;border:0;border-bottom:1px dotted var(--soft);width:100%;font:inherit;font-size:12.5px;\
        background:transparent;margin-top:4px}
        table.small{font-size:12.5px}table.small th{font-size:11.5px;white-space:normal}table.small td,table.small th{padding:5px 9px 5px 0}
        figure{border-top:1px solid var(--line);padding-top:10px}
        figcaption b{color:var(--ink);font-weight:600;font-size:14px}
        figcaption i{font-style:normal;display:block;font-size:12px}
        .legend{flex-wrap:wrap;gap:4px 22px}
                @media(max-width:720px){.fields,nav.toc ol{grid-template-columns:1fr}}
        @media print{.chapter{break-before:page}.chapter h2{margin-top:0}a{text-decoration:none}body{font-size:10pt}
        tr.group{break-after:avoid}table.small{font-size:8.2pt}table.small th{font-size:7.6pt}textarea{resize:none}.banner{break-inside:avoid}
        thead{display:table-header-group}nav.toc{break-inside:avoid}input::placeholder{color:transparent}
        *{-webkit-print-color-adjust:exact;print-color-adjust:exact}}

        """
}
