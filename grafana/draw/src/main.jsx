// Draws a dashboard's JSON with data from a real Prometheus and Grafana's own components. There is
// no Grafana server, so annotations, links and tooltips are missing.
import React from 'react';
import { createRoot } from 'react-dom/client';
import { createTheme, dateMath, dateTime, ThemeContext } from '@grafana/data';
import { GlobalStyles, PanelChrome, PortalContainer } from '@grafana/ui';
import { framesOf } from './frames.js';
import { Body } from './panels.jsx';

const asked = new URLSearchParams(location.search);
const theme = createTheme({ colors: { mode: asked.get('theme') ?? 'dark' } });
const CELL = 38;
const GAP = 8;
const HEAD = 92;

class Bound extends React.Component {
  state = {};
  static getDerivedStateFromError(error) { return { error }; }
  render() { return this.state.error ? <pre data-error style={{ color: 'red' }}>{String(this.state.error.stack)}</pre> : this.props.children; }
}

function Panel({ panel, range, variables, columnWidth }) {
  const [frames, take] = React.useState();
  const [error, fail] = React.useState();
  React.useEffect(() => { if (panel.type !== 'row') framesOf(panel, range, variables, asked.get('prometheus'), theme).then(take, fail); }, []);
  const { x, y, w, h } = panel.gridPos;
  const place = { position: 'absolute', left: x * columnWidth + GAP, top: HEAD + y * CELL + GAP / 2 };
  if (panel.type === 'row') return <h4 style={{ ...place, margin: 0, lineHeight: `${CELL - GAP}px` }}>⌄ {panel.title}</h4>;
  return (
    <div style={place} data-panel={panel.title} data-state={error ? 'error' : frames ? 'done' : 'loading'}>
      <PanelChrome title={panel.title} description={panel.description} width={w * columnWidth - GAP} height={h * CELL - GAP}>
        {(width, height) => error ? <pre data-error style={{ color: 'red' }}>{String(error)}</pre>
          : frames ? <Bound><Body panel={panel} frames={frames} width={width} height={height} range={range} theme={theme} /></Bound> : null}
      </PanelChrome>
    </div>
  );
}

// A panel may have a time range of its own, relative to now.
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
  const shown = (board.templating?.list ?? []).filter((each) => each.type === 'query');
  const day = (moment) => moment.utc().format('YYYY-MM-DD HH:mm');
  return (
    <div style={{ position: 'absolute', top: 12, left: 12, right: 12, fontSize: 13 }}>
      <div style={{ display: 'flex', justifyContent: 'space-between', marginBottom: 14 }}>
        <strong style={{ fontSize: 18 }}>{board.title}</strong>
        <Box>{day(range.from)} to {day(range.to)} UTC</Box>
      </div>
      {shown.map((each) => <React.Fragment key={each.name}><Box>{each.label}</Box><Box>{variables[each.name] === '.*' ? 'All' : variables[each.name]}</Box></React.Fragment>)}
    </div>
  );
}

await document.fonts.load('13px Inter');
const board = await (await fetch('/board.json')).json();
const to = dateTime(Number(asked.get('now')) * 1000);
const from = dateTime(to).subtract(30, 'days');
const range = { from, to, raw: { from, to } };
const chosen = Object.fromEntries((board.templating?.list ?? []).map((each) => [each.name, '.*']));
const variables = { ...chosen, account_type: asked.get('account_type') };
const columnWidth = (innerWidth - GAP) / 24;
const bottom = HEAD + Math.max(...board.panels.map(({ gridPos }) => gridPos.y + gridPos.h)) * CELL + GAP;
createRoot(document.getElementById('root')).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <div id="board" style={{ background: theme.colors.background.canvas, position: 'relative', height: bottom }}>
      <Head board={board} variables={variables} range={range} />
      {board.panels.map((panel) => <Panel key={panel.id} panel={panel} range={rangeOf(panel, range)} variables={variables} columnWidth={columnWidth} />)}
    </div>
    <PortalContainer />
  </ThemeContext.Provider>,
);
