/**
 * The style sheet of the page. No text of a document is part of it: its hash stands in the page's policy. Text has at least 4.5
 * times the brightness of what it stands on, or a 4.5th.
 */
export const STYLE = `
:root{color-scheme:light dark;
--page:#f6f7f8;--card:#fff;--text:#1b2027;--soft:#545f6c;--line:#dde1e6;--code:#eef1f4;--link:#1d55a5;
--critical:#b3261e;--warning:#835400;--ok:#1b6b40;--unknown:#5a4a8c;--on:#fff;
--bar:#4a7ab8;--beyond:#c2571a;--pale:#a3adb9;--rail:#e6eaee;--grid:#e8ebef;--now:#b3261e;
--waits:#f6dcc8;--waits2:#eab78f;--waitst:#46220a;--runs:#cde6d8;--runs2:#93cbae;--runst:#0e3a23;--sleeps:#dde4ee;--sleepst:#26364d;
--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Liberation Sans",Arial,sans-serif;
--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace}
@media screen and (prefers-color-scheme:dark){:root{
--page:#12151a;--card:#1a1e25;--text:#e4e8ed;--soft:#a2acb8;--line:#313842;--code:#252b34;--link:#8db8f2;
--critical:#ff9c91;--warning:#efc26a;--ok:#7fd3a3;--unknown:#c3b4f2;--on:#14171c;
--bar:#6f9fdd;--beyond:#e98a4e;--pale:#6b7684;--rail:#2a303a;--grid:#2a303a;--now:#ff9c91;
--waits:#51331f;--waits2:#7d4c28;--waitst:#fbe4d3;--runs:#1f4532;--runs2:#2f6b4c;--runst:#dcf5e7;--sleeps:#2b3544;--sleepst:#d7e1ef}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.55 var(--sans);overflow-wrap:anywhere}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
main:focus{outline:none}
.skip{position:absolute;left:-999px;top:0;padding:.5rem 1rem;background:var(--card);z-index:2}
.skip:focus{left:0}
nav{padding:1rem 1rem 0;font-size:.8125rem}
nav p{margin:0 0 .25rem;font-weight:700;letter-spacing:.01em}
nav ol{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.1rem .9rem}
nav a{display:inline-block;padding:.25rem 0;color:var(--soft);text-decoration:none}
nav a:hover{color:var(--link);text-decoration:underline}
main{padding:1rem;min-width:0}
@media (min-width:1080px){
body{display:grid;grid-template-columns:190px minmax(0,856px);gap:3rem;justify-content:center;padding:2.5rem 1.5rem}
nav{padding:.5rem 0;position:sticky;top:2rem;align-self:start}
nav ol{flex-direction:column}
main{padding:0}}
h1{font-size:1.375rem;line-height:1.35;margin:.6rem 0 .5rem;font-weight:650;letter-spacing:-.008em;text-wrap:pretty}
h2{font-size:1.1875rem;line-height:1.3;margin:0 0 .9rem;font-weight:650;letter-spacing:-.005em}
h3{font-size:.9375rem;margin:1.5rem 0 .4rem;font-weight:650}
p{margin:.4rem 0;text-wrap:pretty}
code,pre{font-family:var(--mono);font-size:.875em}
h1 code{font-size:.86em;font-weight:500}
small{font-size:.8125em;color:var(--soft);font-weight:400}
.verdict,.part,.now{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1.5rem;margin:0 0 1rem}
.verdict{border-top:5px solid var(--tone)}
.critical{--tone:var(--critical)}.warning{--tone:var(--warning)}.ok{--tone:var(--ok)}.unknown{--tone:var(--unknown)}
.badge{display:inline-block;padding:.05rem .5rem;border-radius:99px;background:var(--tone);color:var(--on);font-size:.75rem;font-weight:650;line-height:1.5;white-space:nowrap;letter-spacing:.01em}
.level .badge{font-size:.8125rem;text-transform:uppercase;letter-spacing:.05em;padding:.1rem .7rem}
.level{margin:0;font-size:.875rem;display:flex;flex-wrap:wrap;gap:.25rem .75rem;align-items:baseline}
.place{margin:0 0 .6rem;color:var(--soft);font-size:.8125rem}
.sure,.at,.more{color:var(--soft);font-size:.8125rem;font-weight:400}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(132px,1fr));gap:.9rem 0;margin:1.25rem 0 0}
.tiles div{border-left:2px solid var(--line);padding:0 .5rem 0 .75rem}
.tiles dt{color:var(--soft);font-size:.75rem;overflow-wrap:normal}
.tiles dd{margin:0;font-size:1.125rem;font-weight:600;font-variant-numeric:tabular-nums;line-height:1.3;overflow-wrap:normal}
.tiles small{display:block;font-size:.75rem}
.now ol,.actions{padding-left:1.4rem;margin:.5rem 0}
.now li,.actions li{margin:.4rem 0 .8rem}
.now li::marker,.actions li::marker{font-weight:650;color:var(--soft)}
.actions h3{margin:0 0 .3rem}
.caution{border-left:3px solid var(--warning);padding-left:.75rem;margin:.75rem 0 0}
pre{margin:.4rem 0;padding:.6rem .8rem;background:var(--code);border-radius:6px;overflow-x:auto;line-height:1.5;font-size:.8125rem}
pre code{font-size:1em}
.shell code::before,.crash code::before{content:"# ";color:var(--soft);user-select:none}
.crash code::before{content:"crash> "}
.stack{font-size:.75rem}
.finding{border-top:1px solid var(--line);padding-top:.9rem;margin-top:1.1rem}
.finding h3,.checks>div>dt{display:flex;flex-wrap:wrap;gap:.2rem .55rem;align-items:center;margin:0 0 .4rem;font-size:.9375rem}
.evidence{padding-left:1.4rem;margin:.4rem 0;font-size:.9375rem}
.evidence li{margin:.55rem 0}
.evidence li::marker{color:var(--soft)}
.at{white-space:normal}
.check{margin:.3rem 0 0;font-size:.8125rem}
.check div{display:grid;grid-template-columns:3rem minmax(0,1fr);background:var(--code);padding:.15rem .6rem}
.check div:first-child{border-radius:6px 6px 0 0;padding-top:.35rem}
.check div:last-child{border-radius:0 0 6px 6px;padding-bottom:.35rem}
.check div:only-child{border-radius:6px}
.check dt{color:var(--soft)}
.check dd{margin:0;overflow-wrap:anywhere}
.check code{font-size:.75rem}
.checks{margin:0}
.checks>div{border-top:1px solid var(--line);padding:.8rem 0}
.checks>div:first-child{border-top:0;padding-top:0}
.checks>div>dd{margin:0}
.checks .evidence{list-style:none;padding:0;color:var(--soft);font-size:.875rem}
.checks .check{color:var(--text)}
.facts{margin:.4rem 0;font-size:.9375rem}
.facts div{display:grid;grid-template-columns:8rem minmax(0,1fr);gap:.1rem 1rem;padding:.22rem 0}
.facts dt{color:var(--soft)}
.facts dd{margin:0;overflow-wrap:anywhere}
.actions .facts{font-size:.875rem}
.actions .facts div{grid-template-columns:3rem minmax(0,1fr)}
.counters{margin:0;columns:2 260px;column-gap:2.5rem;font-size:.875rem}
.counters div{display:flex;justify-content:space-between;gap:1rem;border-bottom:1px solid var(--line);padding:.22rem 0;break-inside:avoid}
.counters dt{font-family:var(--mono);font-size:.8125rem;overflow-wrap:anywhere}
.counters dd{margin:0;white-space:nowrap;font-variant-numeric:tabular-nums}
.problems{padding-left:1.2rem}
.scroll{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;width:100%;font-size:.8125rem;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:650;font-size:.9375rem;padding:0 0 .4rem}
th,td{padding:.35rem .9rem .35rem 0;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--line);white-space:nowrap}
th:last-child,td:last-child{padding-right:0}
thead th{color:var(--soft);font-weight:500;border-bottom-color:var(--pale)}
tbody th{font-weight:500}
td code,th code{font-size:.75rem}
.right{text-align:right}
td.wraps{white-space:normal;min-width:14rem}
thead button{all:unset;cursor:pointer;color:inherit}
thead button:hover{color:var(--link)}
thead button:focus-visible{outline:2px solid var(--link);outline-offset:2px}
[aria-sort=ascending] button::after{content:" \\2191"}
[aria-sort=descending] button::after{content:" \\2193"}
details{margin:.6rem 0;font-size:.9375rem}
summary{cursor:pointer;color:var(--link);padding:.15rem 0;font-size:.875rem}
.stackgroup{margin:.15rem 0}
figure{margin:1.25rem 0 1.5rem}
.part>h2+figure{margin-top:0}
figure:has(+details){margin-bottom:.25rem}
figcaption{font-size:.875rem;color:var(--soft);margin-bottom:.9rem;text-wrap:pretty}
figcaption strong{color:var(--text);font-weight:650}
.legend{white-space:nowrap;display:inline-flex;flex-wrap:wrap;gap:.1rem .9rem;color:var(--soft)}
.legend i{display:inline-block;width:.75em;height:.75em;border-radius:2px;margin-right:.4em;border:1px solid transparent}
.legend .curve,.legend .asis{height:3px;border:0;vertical-align:.25em;width:1.2em}
.pictures{container-type:inline-size}
svg{display:block;max-width:100%;height:auto;font-family:var(--sans);overflow:visible}
.wide{display:none}
.wide svg{width:100%}
.narrow svg{width:100%;max-width:520px}
@container (min-width:700px){.wide{display:block}.narrow{display:none}}
.icicle .narrow{overflow-x:auto}
.icicle .narrow svg{width:640px;max-width:none}
svg text{font-size:12px;fill:var(--text)}
svg .axis,svg .boxtext{font-size:11px;fill:var(--soft)}
svg .value{font-size:12px;font-variant-numeric:tabular-nums}
svg .name,svg .boxname{font-weight:600}
svg .end{text-anchor:end}svg .middle{text-anchor:middle}
.grid{stroke:var(--grid)}.tick{stroke:var(--pale)}.mark{stroke:var(--soft);stroke-dasharray:3 3}
.bar{fill:var(--bar);background:var(--bar)}.beyond{fill:var(--beyond);background:var(--beyond)}.pale{fill:var(--pale)}.rail{fill:var(--rail)}
.curve{fill:none;stroke:var(--bar);stroke-width:2}.dot{fill:var(--bar);stroke:var(--card);stroke-width:1.5}
.legend .curve{background:var(--bar)}.legend .asis{background:var(--now)}
.asis{stroke:var(--now);stroke-width:1.5}svg .asistext{fill:var(--now);font-size:11px}
.box{stroke:var(--line);fill:var(--sleeps)}
svg .waiter{fill:var(--waits);stroke:var(--waits2)}svg .walker{fill:var(--runs);stroke:var(--runs2)}svg .list{fill:var(--sleeps);stroke:var(--pale)}svg .more{fill:none;stroke-dasharray:3 3}
.legend .waiter,.legend .waits{background:var(--waits);border-color:var(--waits2)}.legend .walker,.legend .runs{background:var(--runs);border-color:var(--runs2)}.legend .list,.legend .sleeps{background:var(--sleeps);border-color:var(--pale)}
.link{fill:none;stroke:var(--soft);stroke-width:1.25}.arrow{fill:var(--soft)}
.block text{font:10.5px var(--mono)}
.block rect{fill:var(--sleeps)}.block text{fill:var(--sleepst)}
.block.waits rect{fill:var(--waits)}.block.waits text{fill:var(--waitst)}
.block.runs rect{fill:var(--runs)}.block.runs text{fill:var(--runst)}
.block.waits.matters rect{fill:var(--waits2)}.block.runs.matters rect{fill:var(--runs2)}
.block[role]{cursor:pointer}.block[role]:hover rect{stroke:var(--text)}
.block:focus-visible{outline:none}.block:focus-visible rect{stroke:var(--link);stroke-width:2}
footer{color:var(--soft);font-size:.8125rem;padding:.5rem 0 1rem}
@media (max-width:520px){
body{font-size:15px}
.tiles div{padding:0 .4rem 0 .6rem}
.verdict,.part,.now{padding:1rem;border-radius:8px}
.facts div,.actions .facts div{grid-template-columns:minmax(0,1fr);gap:0;padding:.3rem 0}
.facts dt{font-size:.8125rem}
.actions .facts div{grid-template-columns:3rem minmax(0,1fr);padding:.15rem 0}
.now ol,.actions,.evidence{padding-left:1.2rem}}
.printed{display:none}
@page{size:A4;margin:8mm}
@media print{
.facts dd{overflow-wrap:break-word}
body{display:block;padding:0;background:none;font:6.5pt/1.22 Helvetica,Arial,"Liberation Sans",sans-serif}
svg{font-family:inherit}
nav,.skip,details,.zooms,.pictures+.more{display:none}
.printed{display:block}
tbody tr:nth-child(n+11),.finding:nth-of-type(n+4),.finding~.finding .evidence>li:nth-child(n+3),.evidence>li:nth-child(n+7),.checks .evidence>li:nth-child(n+3),.bug:nth-of-type(n+3),.now li:nth-child(n+5),.problems>li:nth-child(n+6),.checks>div:nth-child(n+7),.actions>li:nth-child(n+9),.facts>div:nth-child(n+16),.counters>div:nth-child(n+46){display:none}
main{columns:2;column-gap:6mm;padding:0}
.verdict,.part,.now{border:0;border-top:1px solid var(--line);border-radius:0;padding:.9mm 0;margin:0}
.verdict{border-top:2.5px solid var(--tone);padding-bottom:1mm}
.tiles{margin-top:1.2mm;gap:.6mm 0;grid-template-columns:repeat(auto-fill,minmax(24mm,1fr))}.tiles div{padding:0 1.2mm}
.tiles dd{font-size:8pt}.tiles small{display:inline}.tiles dt,.tiles small{font-size:6pt}
h1{font-size:10pt;margin:1mm 0}h2{font-size:9pt;margin:0 0 1mm;break-after:avoid}h3{font-size:7pt;margin:1.4mm 0 .4mm;break-after:avoid}
p{margin:.3mm 0;orphans:2;widows:2}
.place{margin:0}
.place,.level,.sure,.at,.more,figcaption,.check,.evidence,.facts,.actions .facts,.counters,details,footer,.finding h3,.checks>div>dt,.checks .evidence,summary{font-size:inherit}
.finding h3,.checks>div>dt{margin:0 0 .3mm}
.badge,.level .badge{font-size:6pt;padding:0 1.2mm;line-height:1.35;border:.5px solid var(--tone);background:none;color:var(--tone)}
.finding{padding-top:1mm;margin-top:1mm}
.evidence{padding-left:4mm;margin:.4mm 0}.evidence li{margin:.4mm 0}
.check{margin:.1mm 0}.check div,.check div:first-child,.check div:last-child{display:inline;padding:0 2mm 0 0;background:none}.check dt,.check dd{display:inline}.check dt,.actions .facts dt{margin-right:1mm}
.check code{font-size:5.5pt}.checks .evidence{clear:left;margin:0}.evidence li .check{line-height:1.15}
.checks>div{padding:.5mm 0}.checks>div>dt{float:left;margin:0 1mm 0 0}
.facts{margin:.4mm 0}.facts div{padding:0;gap:2mm;grid-template-columns:17mm minmax(0,1fr)}
.actions .facts div,.actions .facts dt,.actions .facts dd{display:inline}.actions .facts div{padding-right:2mm}.actions .facts dt{font-style:italic}
.now ol,.actions{padding-left:4mm;margin:.5mm 0}.now li,.actions li{margin:.6mm 0}
.actions h3{margin:0}
pre{padding:.6mm 1mm;margin:.2mm 0;font-size:5.7pt;line-height:1.2;white-space:pre-wrap;background:none;border-left:1.5px solid var(--line);border-radius:0}
.stack{font-size:5.3pt}
.scroll{margin:1.2mm 0;overflow:visible}
table{font-size:6pt}table.sortable{font-size:5.6pt}.sortable td code,.sortable th code{font-size:5.2pt}th,td{padding:.2mm 1mm .2mm 0;white-space:normal;overflow-wrap:normal}td code,th code{font-size:5.6pt}.right{white-space:nowrap}
caption{font-size:7pt;padding:0 0 .3mm}
.counters{columns:3;column-gap:3mm}.counters div{padding:.1mm 0;gap:1mm}.counters{font-size:6pt}.counters dt{font-size:4.8pt}
figure{margin:.8mm 0;break-inside:avoid}
figcaption{margin-bottom:.8mm}
.narrow svg{width:45mm}
.icicle .narrow{overflow:visible}.icicle .narrow svg{width:100%;max-height:42mm}
.stack{max-height:60mm;overflow:hidden}
figure .narrow svg{max-height:60mm}
.caution{margin:.8mm 0;padding-left:2mm}
a{color:inherit}
footer{padding:1mm 0;border-top:1px solid var(--line)}}
`
