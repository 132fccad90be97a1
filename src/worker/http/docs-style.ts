/** The style of the page at /docs, whose hash stands in its Content-Security-Policy. */
export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dee4, #30363d); --soft: light-dark(#f6f8fa, #161b22); --dim: light-dark(#57606a, #8b949e); --link: light-dark(#0550ae, #79c0ff) }
* { box-sizing: border-box }
body { margin: 0; display: grid; grid-template-columns: 19rem minmax(0, 1fr); font: 15px/1.5 system-ui, sans-serif; background: light-dark(#fff, #0d1117); color: light-dark(#1f2328, #e6edf3) }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.2rem 1rem; border-right: 1px solid var(--line); background: var(--soft); font-size: 13px }
nav h2 { margin: 1.1rem 0 .2rem; font-size: 11px; text-transform: uppercase; letter-spacing: .06em; color: var(--dim) }
nav a { display: block; padding: .15rem .3rem; border-radius: 4px; color: inherit; text-decoration: none }
nav a:hover { background: var(--line) }
main { padding: 1.5rem 2.5rem 6rem; max-width: 62rem }
h1 { margin-top: 0 }
main h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem }
article { margin: 1.5rem 0; padding: .2rem 1.2rem 1rem; border: 1px solid var(--line); border-radius: 8px; scroll-margin-top: 1rem }
article:target { outline: 2px solid var(--link) }
h3 { font-size: 1rem; overflow-wrap: anywhere }
a { color: var(--link) }
code { font: 13px ui-monospace, Menlo, Consolas, monospace; background: var(--soft); padding: .1em .3em; border-radius: 4px }
b { display: inline-block; min-width: 3.4rem; padding: 0 .35rem; border-radius: 4px; text-align: center; font: 600 11px/1.6 ui-monospace, monospace; color: #fff; background: #57606a }
b.get, b.head { background: #0969da } b.post { background: #1a7f37 } b.put { background: #9a6700 } b.delete { background: #cf222e }
.table { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: 13.5px }
th { text-align: left; color: var(--dim); font-weight: 600 }
th, td { padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
em, small { color: var(--dim); font-style: normal; font-size: 12px }
summary { cursor: pointer; color: var(--dim) }
@media (max-width: 60rem) { body { display: block } nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line) } main { padding: 1rem } }
`;
