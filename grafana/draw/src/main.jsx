// Draws a dashboard's JSON with data from a real Prometheus and Grafana's own components. There is
// no Grafana server, so annotations, links and tooltips are missing.
import React from 'react';
import { createRoot } from 'react-dom/client';
import { createTheme, dateMath, dateTime, ThemeContext } from '@grafana/data';
import { GlobalStyles, PanelChrome, PortalContainer } from '@grafana/ui';
import { framesOf } from './frames.js';
import { faultsOf } from './faults.js';
import { Body } from './panels.jsx';

const theme = createTheme({ colors: { mode: new URLSearchParams(location.search).get('theme') ?? 'dark' } });
const CELL = 38;
const GAP = 8;
const HEAD = 92;
const CALM_FRAMES = 4;

class Bound extends React.Component {
  state = {};
  static getDerivedStateFromError(error) { return { error }; }
  render() { return this.state.error ? <Failed error={this.state.error} /> : this.props.children; }
}

function Failed({ error }) {
  return <pre data-error style={{ color: 'red' }}>{String(error.stack ?? error)}</pre>;
}

function Panel({ panel, answer, variables, columnWidth }) {
  const { x, y, w, h } = panel.gridPos;
  const place = { position: 'absolute', left: x * columnWidth + GAP, top: HEAD + y * CELL + GAP / 2 };
  if (panel.type === 'row') {
    const lead = panel.collapsed ? `› ${panel.title} (${panel.panels.length} panels)` : `⌄ ${panel.title}`;
    return <h4 style={{ ...place, margin: 0, lineHeight: `${CELL - GAP}px` }}>{lead}</h4>;
  }
  const { error, ...given } = answer;
  return (
    <div style={place} data-panel={panel.id}>
      <PanelChrome title={panel.title} description={panel.description} width={w * columnWidth - GAP} height={h * CELL - GAP}>
        {(width, height) => error ? <Failed error={error} />
          : <Bound><Body {...given} panel={panel} width={width} height={height} theme={theme} variables={variables} /></Bound>}
      </PanelChrome>
    </div>
  );
}

// A panel may have a time range of its own, relative to now: 24M, or 24M/M from the month's start.
function rangeOf(panel, board) {
  if (!panel.timeFrom) return board;
  const from = dateMath.parseDateMath(`-${panel.timeFrom}`, dateTime(board.to).utc());
  return { from, to: board.to, raw: { from, to: board.to } };
}

function Box({ children }) {
  const { background, border, text } = theme.colors;
  return <span style={{ background: background.primary, border: `1px solid ${border.medium}`, borderRadius: 2, padding: '4px 10px', marginRight: 12, color: text.primary }}>{children}</span>;
}

function Head({ board, variables, range }) {
  const shown = (board.templating?.list ?? []).filter((each) => each.type === 'query' && each.hide !== 2);
  const day = (moment) => moment.utc().format('YYYY-MM-DD HH:mm');
  return (
    <div style={{ position: 'absolute', top: 12, left: 12, right: 12, fontSize: 13 }}>
      <div style={{ display: 'flex', justifyContent: 'space-between', marginBottom: 14 }}>
        <strong style={{ fontSize: 18 }}>{board.title}</strong>
        <Box>{day(range.from)} to {day(range.to)} UTC</Box>
      </div>
      {shown.map((each) => <React.Fragment key={each.name}><Box>{each.label ?? each.name}</Box><Box>{variables[each.name] === '.*' ? 'All' : variables[each.name]}</Box></React.Fragment>)}
    </div>
  );
}

// The panels of a collapsed row are in it. Expanded, they push down what is below.
function laidOut(panels, expanded) {
  let pushed = 0;
  return panels.flatMap((panel) => {
    const moved = (each, down) => ({ ...each, gridPos: { ...each.gridPos, y: each.gridPos.y + down } });
    const inner = expanded && panel.type === 'row' && panel.collapsed ? panel.panels : [];
    if (!inner.length) return [moved(panel, pushed)];
    const top = Math.min(...inner.map(({ gridPos }) => gridPos.y));
    const down = panel.gridPos.y + 1 - top + pushed;
    const shown = [{ ...moved(panel, pushed), collapsed: false }, ...inner.map((each) => moved(each, down))];
    pushed += Math.max(...inner.map(({ gridPos }) => gridPos.y + gridPos.h)) - top;
    return shown;
  });
}

function settled() {
  return new Promise((resolve) => {
    let calm = 0;
    const watcher = new MutationObserver(() => { calm = 0; });
    watcher.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    const next = () => {
      calm += 1;
      if (calm <= CALM_FRAMES) return requestAnimationFrame(next);
      watcher.disconnect();
      return resolve();
    };
    requestAnimationFrame(next);
  });
}

async function answerTo(panel, board, variables, prometheus) {
  const range = rangeOf(panel, board);
  try {
    return { range, frames: await framesOf(panel, range, variables, prometheus, theme) };
  } catch (error) {
    return { range, error };
  }
}

function heightOf(panels) {
  return HEAD + Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h)) * CELL + GAP;
}

window.heightOf = ({ panels }, expanded) => heightOf(laidOut(panels, expanded));

const root = createRoot(document.getElementById('root'));
let drawn = 0;

// Draw a board and return the faults of its picture. `now` is in Unix time.
window.draw = async ({ board, prometheus, now, variables: given, expanded }) => {
  const to = dateTime(now * 1000);
  const from = dateTime(to).subtract(30, 'days');
  const range = { from, to, raw: { from, to } };
  const all = Object.fromEntries((board.templating?.list ?? []).map((each) => [each.name, '.*']));
  const variables = { ...all, ...given };
  const panels = laidOut(board.panels, expanded);
  const answers = await Promise.all(panels.map((panel) => answerTo(panel, range, variables, prometheus)));
  const columnWidth = (innerWidth - GAP) / 24;
  drawn += 1;
  root.render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div id="board" key={drawn} style={{ background: theme.colors.background.canvas, position: 'relative', height: heightOf(panels) }}>
        <Head board={board} variables={variables} range={range} />
        {panels.map((panel, place) => <Panel key={panel.id} panel={panel} answer={answers[place]} variables={variables} columnWidth={columnWidth} />)}
      </div>
      <PortalContainer />
    </ThemeContext.Provider>,
  );
  await settled();
  return faultsOf(panels, answers, theme);
};

await document.fonts.load('13px Inter');
window.ready = true;
