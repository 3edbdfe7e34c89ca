"""The landing page's style sheet."""

STYLE = """
:root { color-scheme: light dark; --bad: #b3261e; --line: #8884; --soft: #595959; --bar: #3b6fb6;
  --link: #0b57d0; background: #fff; color: #1f1f1f; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff9d94; --soft: #b4b4b4; --bar: #7fa9e6;
  --link: #9cc2ff; background: #121212; color: #ececec; } }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 1.5rem auto; max-width: 76rem;
  padding: 0 1rem; overflow-wrap: anywhere; }
a { color: var(--link); }
h1 { font-size: 1.5rem; }
.notice { border: 1px solid var(--line); border-left: 4px solid var(--bar); padding: .5rem .8rem; }
details { border-top: 1px solid var(--line); padding: .6rem 0; }
summary { cursor: pointer; }
summary h2 { display: inline; font-size: 1.1rem; margin-right: .5rem; }
details > div { scroll-margin-top: 3.5rem; }
table { border-collapse: collapse; margin-top: .8rem; width: 100%; }
caption { font-weight: bold; text-align: left; }
th, td { border-top: 1px solid var(--line); padding: .3rem 1rem .3rem 0; text-align: left;
  vertical-align: top; }
th { font-weight: normal; }
th, .usd { overflow-wrap: break-word; }
thead th { font-size: .85rem; font-weight: bold; vertical-align: bottom; }
small { color: var(--soft); display: block; font-size: .8rem; }
.usd { font-variant-numeric: tabular-nums; text-align: right; }
.fails { color: var(--bad); font-weight: bold; }
.share::after { background: var(--bar); border-radius: 2px; content: ""; display: block;
  height: .4rem; max-width: 100%; min-width: 1px; width: var(--share); }
.full::after { background: var(--bad); }
dl { display: grid; gap: .6rem 1.5rem; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr));
  margin: .8rem 0; }
dt { font-size: .85rem; font-weight: bold; }
dd { font-size: 1.25rem; font-variant-numeric: tabular-nums; margin: 0; }
.products { max-width: 44rem; }
.products th { width: 40%; }
.products .usd { width: 9rem; }
.collectors { table-layout: fixed; }
.collectors th:nth-child(1) { width: 19rem; }
.collectors th:nth-child(n+2):nth-child(-n+4) { width: 6.5rem; }
@media (max-width: 50rem) {
  .wide { display: none; }
  .accounts td, .accounts th { padding-right: .6rem; }
  .products th { width: auto; }
  .products .usd { width: 6.5rem; }
  .collectors thead { clip-path: inset(50%); height: 1px; overflow: hidden; position: absolute;
    width: 1px; }
  .collectors, .collectors tbody { display: block; }
  .collectors tr { border-top: 1px solid var(--line); display: grid;
    grid-template-columns: 1fr 1fr 1.3fr; padding: .3rem 0; }
  .collectors th, .collectors td { border: 0; padding: 0 .5rem 0 0; }
  .collectors tbody th, .collectors td:nth-child(5) { grid-column: 1 / -1; }
  .collectors tbody th:nth-child(1) { width: auto; }
  .collectors td:nth-child(n+3):nth-child(-n+4)::before { content: attr(data-says);
    color: var(--soft); }
}
"""
