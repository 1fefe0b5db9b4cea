"""The style of a page: light and dark, for narrow and wide screens and for paper. It refers to no other file."""

from __future__ import annotations

STYLE = """\
:root { color-scheme: light dark;
  --back: #fff; --text: #1b1f23; --muted: #57606a; --rule: #d0d7de; --soft: #f5f7f9; --accent: #0a5cad;
  --good: #116329; --bad: #a40e26; --warn: #7d4e00; --good-back: #dafbe1; --bad-back: #ffe6e3; --warn-back: #fff1c2;
  --calm-back: #eaeef2; --second: #a04100; --third: #6639ba; }
@media (prefers-color-scheme: dark) { :root {
  --back: #14181d; --text: #e6edf3; --muted: #a3adb8; --rule: #3a424c; --soft: #1c2229; --accent: #6cb2ff;
  --good: #7ee2a0; --bad: #ffaba3; --warn: #f2cc60; --good-back: #12361f; --bad-back: #4a1a1c; --warn-back: #3d2f05;
  --calm-back: #2a313a; --second: #ffb077; --third: #cdb4ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.25rem clamp(.9rem, 3vw, 2.5rem) 4rem; max-width: 78rem; background: var(--back);
  color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .6rem; padding-top: .8rem; border-top: 1px solid var(--rule); }
p { max-width: 72ch; margin: .6rem 0; overflow-wrap: anywhere; }
header p { margin: .25rem 0; max-width: none; }
.muted, figcaption, caption { color: var(--muted); }
a { color: var(--accent); text-underline-offset: .15em; }
nav { margin: 1rem 0 0; }
nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1rem; list-style: none; margin: 0; padding: 0; }
nav a { display: inline-block; padding: .2rem 0; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .88em; }
p code { overflow-wrap: anywhere; }
pre { background: var(--soft); padding: .8rem 1rem; overflow-x: auto; border-radius: 6px; margin: .6rem 0; }
.badge { display: inline-block; padding: 0 .5em; border-radius: 1em; font-size: .85em; line-height: 1.6; font-weight: 600;
  white-space: nowrap; background: var(--calm-back); color: var(--text); }
.badge.good { background: var(--good-back); color: var(--good); }
.badge.bad { background: var(--bad-back); color: var(--bad); }
.badge.warn { background: var(--warn-back); color: var(--warn); }
.scroll { overflow-x: auto; margin: .6rem 0 1rem; max-width: 100%; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; min-width: min(100%, 26rem); font-variant-numeric: tabular-nums; font-size: .93em; }
caption { text-align: left; padding: 0 0 .35rem; caption-side: top; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: .3rem .75rem .3rem 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--rule); }
thead th, thead td { font-weight: 600; color: var(--muted); white-space: nowrap; border-bottom-width: 2px; }
tbody th { font-weight: 500; }
th.number, td.number { text-align: right; white-space: nowrap; }
td.wide { min-width: 12rem; max-width: 44rem; overflow-wrap: anywhere; }
td.short, th.short { white-space: nowrap; }
td.shade { background: color-mix(in srgb, var(--accent) calc(var(--share) * 32%), transparent); padding-left: .75rem; }
details { margin: .5rem 0; }
summary { cursor: pointer; padding: .2rem 0; color: var(--accent); }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 16rem), 1fr)); gap: 1.25rem 2rem; }
figure { margin: .4rem 0; min-width: 0; }
figcaption { margin-bottom: .2rem; }
svg { display: block; overflow: visible; }
svg.chart { width: 100%; max-width: 30rem; height: auto; }
svg.spark { width: 72px; height: 20px; }
svg.strip { width: 150px; height: 16px; position: relative; top: 2px; }
svg.layers { max-width: none; height: auto; margin: .3rem 0; }
svg text { font-size: 11px; fill: var(--muted); }
svg text.name { fill: var(--text); font-size: 13px; font-weight: 600; }
svg .middle { text-anchor: middle; } svg .end { text-anchor: end; }
svg .grid line { stroke: var(--rule); stroke-width: .6; }
svg .frame { fill: none; stroke: var(--muted); stroke-width: 1; }
svg .line { fill: none; stroke: var(--accent); stroke-width: 2; }
svg .line.second { stroke: var(--second); stroke-dasharray: 6 3; } svg .line.third { stroke: var(--third); stroke-dasharray: 2 3; }
svg .thin { fill: none; stroke: var(--accent); stroke-width: 1; opacity: .6; }
svg .whisker { fill: none; stroke: var(--accent); stroke-width: 1.2; }
svg .ref { fill: none; stroke: var(--muted); stroke-width: 1.2; stroke-dasharray: 4 3; }
svg.strip .ref { stroke-dasharray: none; }
svg .band { fill: var(--accent); opacity: .2; }
svg .bar { fill: var(--accent); opacity: .8; }
svg .dot { fill: var(--accent); } svg .dot.strong { fill: var(--second); }
svg .rail { stroke: var(--rule); stroke-width: 1; fill: none; }
svg .reach { stroke: var(--accent); stroke-width: 2; fill: none; } svg .reach.strong { stroke: var(--second); stroke-width: 3; }
svg .ring { fill: var(--back); stroke: var(--muted); stroke-width: 1.2; }
svg .edges path { fill: none; stroke: var(--muted); stroke-width: 1.3; }
svg.layers rect { fill: var(--soft); stroke: var(--muted); }
@media print {
  :root { color-scheme: light; --back: #fff; --text: #000; --muted: #444; --rule: #bbb; --soft: #f5f7f9; --accent: #0a5cad;
    --good: #116329; --bad: #a40e26; --warn: #7d4e00; --good-back: #dafbe1; --bad-back: #ffe6e3; --warn-back: #fff1c2;
    --calm-back: #eaeef2; --second: #a04100; --third: #6639ba; }
  body { font-size: 10pt; max-width: none; padding: 0; }
  nav { display: none; }
  h2 { break-after: avoid; } figure, tr { break-inside: avoid; }
  .scroll, pre { overflow: visible; } pre { white-space: pre-wrap; }
  details::details-content { content-visibility: visible; height: auto; } summary { color: var(--muted); }
}
"""
