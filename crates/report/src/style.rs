//! The page's looks: one sheet for light, dark, paper and phone.

/// The style sheet. Hues keep apart for colour-blind readers, on white and on black.
pub(crate) const STYLE: &str = r#":root{color-scheme:light dark;
--page:#fff;--card:#f5f6f8;--ink:#1b1f26;--soft:#5b6472;--rule:#d9dde3;
--accent:#0072b2;--hue0:#d55e00;--hue1:#009e73;--hue2:#b8569a;--hue3:#b97a00;--hue4:#3d9fd6;--hue5:#7a5230;
--rate:#9aa3af;--limit:#c2370c;--right:0 114 178;--wrong:213 94 0}
@media screen and (prefers-color-scheme:dark){:root{
--page:#14171c;--card:#1e222a;--ink:#e7eaef;--soft:#9ca6b4;--rule:#333a45;
--accent:#4db1ee;--hue0:#ff8d47;--hue1:#2fc79a;--hue2:#e48fca;--hue3:#edb94c;--hue4:#9ad4f7;--hue5:#c99a72;
--rate:#667080;--limit:#ff7a52;--right:30 130 200;--wrong:220 100 10}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main,footer{max-width:70rem;margin:0 auto;padding:0 1.25rem}
h1{font-size:1.75rem;line-height:1.2;margin:2rem 0 1.25rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.75rem 0 .75rem;padding-bottom:.35rem;border-bottom:1px solid var(--rule)}
p{margin:.5rem 0 1rem;max-width:48rem;overflow-wrap:anywhere}
.note{color:var(--soft);font-size:.85rem;margin-top:.75rem}
figure{margin:0}
figcaption{font-weight:600}
footer{color:var(--soft);font:.8rem/1.5 ui-monospace,"Cascadia Mono",Menlo,Consolas,monospace;
margin-top:3rem;padding-top:1rem;padding-bottom:2rem;overflow-wrap:anywhere}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,10.5rem),1fr));gap:.6rem;margin:0;grid-auto-flow:dense}
.facts div{background:var(--card);border-radius:.5rem;padding:.6rem .85rem;
display:flex;flex-direction:column;justify-content:space-between}
.facts dt{color:var(--soft);font-size:.8rem}
.facts dd{margin:0;font-size:1.1rem;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.facts .long{grid-column:span 2}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr));gap:1.5rem 2rem}
.charts svg{display:block;width:100%;height:auto}
.charts figure{display:flex;flex-direction:column}
.charts figure>svg{margin-top:auto}
.charts .note{margin:.1rem 0 .25rem}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;list-style:none;margin:.25rem 0 .4rem;padding:0;
font-size:.85rem;color:var(--soft)}
.legend li{display:flex;align-items:center;gap:.4rem;overflow-wrap:anywhere}
.legend svg{width:1.75rem;height:.5rem;flex:none;overflow:visible}
.legend line{stroke-width:9}
.line{stroke:var(--ink-of)}.fill{fill:var(--ink-of)}
.charts text{font-family:inherit}
.label{--ink-of:var(--soft)}.grid{--ink-of:var(--rule)}.rate{--ink-of:var(--rate);stroke-dasharray:14 12}
.output{--ink-of:var(--accent)}.train{--ink-of:var(--soft)}.line.train{stroke-dasharray:26 12}
.legend .output{stroke-width:13}
.hue0{--ink-of:var(--hue0)}.hue1{--ink-of:var(--hue1)}.hue2{--ink-of:var(--hue2)}
.hue3{--ink-of:var(--hue3)}.hue4{--ink-of:var(--hue4)}.hue5{--ink-of:var(--hue5)}
.line.dash1{stroke-dasharray:30 12}.line.dash2{stroke-dasharray:9 10}
details{margin-top:1rem}
details .wide{margin-top:.75rem;max-height:28rem;overflow-y:auto}
details thead th{position:sticky;top:0;background:var(--page)}
summary{cursor:pointer;color:var(--accent)}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .75rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
thead th{color:var(--soft);font-weight:600;font-size:.8rem;white-space:nowrap;vertical-align:bottom}
tbody th{font-weight:500;overflow-wrap:break-word}
.number{text-align:right;white-space:nowrap}
small{display:block;color:var(--soft);font-size:.78rem;font-weight:400}
.exits,.weights{width:100%}
.exits td,.exits th{vertical-align:middle}
.exits tbody th,.weights tbody th{overflow-wrap:anywhere;min-width:9rem}
.bar{width:45%;min-width:6rem}
td.bar span{display:block;height:.85rem;min-width:1px;background:var(--soft);border-radius:0 .2rem .2rem 0}
.best td.bar span{background:var(--accent)}
.best th,.best td{font-weight:700}
.badge{background:var(--accent);color:var(--page);border-radius:1rem;padding:.05rem .5rem;font-size:.75rem}
.matrix th,.matrix td{text-align:center;padding:.3rem .45rem;border:1px solid var(--page);min-width:2.4rem}
.matrix tbody th,.matrix tfoot th,.matrix tr:last-child th:first-child{text-align:right;position:sticky;left:0;
background:var(--page);z-index:1;white-space:nowrap}
.matrix tbody th{max-width:9rem;overflow:hidden;text-overflow:ellipsis}
.matrix thead th,.matrix tfoot th{color:var(--soft);font-size:.8rem;font-weight:600}
.upright thead span,.dense tfoot span{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap;
max-height:9rem;overflow:hidden;text-overflow:ellipsis}
.upright thead th{vertical-align:bottom}
.dense{font-size:.8rem}
.matrix.dense th,.matrix.dense td{min-width:1.6rem;padding:.2rem .25rem}
.hit{background:rgb(var(--right)/calc(var(--heat)*.72))}
.miss{background:rgb(var(--wrong)/calc(.03 + var(--heat)*.72))}
.none{color:var(--rate);background:none}
.matrix .margin{color:var(--soft);font-size:.8rem;text-align:right;white-space:nowrap}
.weights .plot{width:64%;min-width:9rem;padding:0}
.weights tbody .plot{position:relative}
.weights tbody td,.weights tbody th{border-bottom:0;vertical-align:middle}
.weights thead .plot{padding-bottom:.35rem}
.weights thead sup{line-height:0}
.weights svg{position:absolute;inset:0;width:100%;height:100%}
.weights tbody tr{height:3.5rem}
.weights tfoot td{border:0}
.zero{fill:var(--rate)}.fits{fill:var(--accent)}.large{fill:var(--limit)}
line.limit{stroke:var(--limit);stroke-width:1.5;vector-effect:non-scaling-stroke}
line.floor{stroke:var(--rate);stroke-width:1;vector-effect:non-scaling-stroke}
.powers{position:relative;height:1.5rem;line-height:1.9rem;font-size:.78rem;color:var(--soft)}
.powers span{position:absolute;transform:translateX(-50%);white-space:nowrap}
.powers .limit{color:var(--limit);font-weight:700}
.powers sup{line-height:0}
.mistakes{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:.75rem}
.mistakes figure{background:var(--card);border-radius:.5rem;padding:.75rem}
.mistakes img{display:block;margin:0 auto .5rem;max-width:100%;height:auto;image-rendering:pixelated}
.mistakes figcaption{font-size:.82rem;font-weight:400;line-height:1.35;overflow-wrap:anywhere}
.mistakes figcaption span{display:block}
@media (max-width:40rem){
main,footer{padding-left:.9rem;padding-right:.9rem}
h1{font-size:1.4rem}
.charts text{font-size:68px}
.facts{grid-template-columns:1fr 1fr}
th,td{padding:.3rem .4rem}
.matrix .over{text-align:left}
.exits thead,.exits .count,.weights thead,.weights tfoot td:not(.plot){display:none}
.exits,.weights,.exits tbody,.weights tbody,.weights tfoot{display:block}
.exits tr,.weights tr{display:grid;align-items:baseline;grid-template-columns:1fr auto auto;
padding:.5rem 0;border-bottom:1px solid var(--rule)}
.exits tr>*,.weights tr>*{border:0;padding:0 0 0 .75rem}
.exits tbody tr>th,.weights tbody tr>th{padding:0;min-width:0}
.exits td.bar,.weights td.plot{grid-column:1/-1;grid-row:2;width:auto;padding:0;margin-top:.35rem}
.weights tfoot tr{border:0;padding:0}
.weights tbody tr{height:auto}
.weights svg{position:static;display:block;height:3rem}
.weights .number::before{content:"largest "}
}
@media print{
:root{font-size:11px}
body{font-size:1rem}
.charts{grid-template-columns:1fr 1fr}
p{break-after:avoid;break-inside:avoid}
main,footer{max-width:none;padding:0}
h2{break-after:avoid}
figure,tr,.facts,.matrix{break-inside:avoid}
.wide,details .wide{overflow:visible;max-height:none}
details:not([open]){display:none}
.facts div,.mistakes figure{border:1px solid var(--rule)}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
"#;
