// One component for each kind of panel that the boards use.
import React from 'react';
import { getDisplayProcessor, getDisplayValueAlignmentFactors, getFieldDisplayValues } from '@grafana/data';
import { BarGauge, BigValue, BigValueGraphMode, BigValueTextMode, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';

const EMPTY = { display: 'flex', height: '100%', alignItems: 'center', justifyContent: 'center', textAlign: 'center', padding: '0 12px', opacity: 0.75 };

// Bars of a panel share a scale: the largest fills it unless the panel sets a maximum.
function values(panel, frames, theme) {
  const options = panel.options?.reduceOptions;
  const reduced = getFieldDisplayValues({
    fieldConfig: { defaults: {}, overrides: [] }, reduceOptions: { values: false, calcs: options.calcs },
    replaceVariables: (text) => text, theme, data: frames, timeZone: 'utc',
  });
  const max = panel.fieldConfig.defaults.max ?? Math.max(...reduced.map((each) => each.display.numeric), 0);
  return reduced.map((each) => {
    const field = { ...each.field, min: 0, max: max || 1 };
    return { ...each, field, display: { ...each.display, percent: each.display.numeric / (max || 1) }, processor: getDisplayProcessor({ field: { type: 'number', config: field }, theme }) };
  });
}

function Stat({ panel, frames, width, height, theme }) {
  const text = panel.options.textMode === 'value' ? BigValueTextMode.Value : BigValueTextMode.ValueAndName;
  return (
    <VizRepeater
      getValues={() => values(panel, frames, theme)} width={width} height={height} source={frames} renderCounter={0} orientation={panel.options.orientation ?? 'auto'} itemSpacing={6}
      renderValue={({ value, width: w, height: h, count }) => (
        <BigValue theme={theme} width={w} height={h} count={count} value={value.display} textMode={text} colorMode={panel.options.colorMode} graphMode={BigValueGraphMode.None} text={panel.options.text} justifyMode="auto" />
      )}
    />
  );
}

function Bars({ panel, frames, width, height, theme }) {
  const shown = values(panel, frames, theme);
  const alignment = getDisplayValueAlignmentFactors(shown);
  return (
    <VizRepeater
      getValues={() => shown} width={width} height={height} source={frames} renderCounter={0} orientation="horizontal" itemSpacing={8} autoGrid={false} minVizHeight={16}
      renderValue={({ value, width: w, height: h }) => (
        <BarGauge
          theme={theme} width={w} height={h} value={value.display} field={value.field} display={value.processor} alignmentFactors={alignment} text={panel.options.text}
          orientation="horizontal" displayMode={panel.options.displayMode} showUnfilled={panel.options.showUnfilled} lcdCellWidth={12} itemSpacing={8}
        />
      )}
    />
  );
}

export function Body({ panel, frames, width, height, range, theme }) {
  if (!frames.length) return <div style={EMPTY} data-empty>{panel.fieldConfig?.defaults?.noValue ?? 'No data'}</div>;
  const common = { panel, frames, width, height, theme };
  if (panel.type === 'timeseries') {
    return (
      <TimeSeries frames={frames} width={width} height={height} timeRange={range} timeZone="utc" structureRev={1} options={panel.options}
        legend={{ calcs: [], displayMode: 'list', placement: 'bottom', showLegend: true, ...panel.options.legend }} />
    );
  }
  if (panel.type === 'table') return <TableNG data={frames[0]} width={width} height={height} structureRev={1} fieldConfig={panel.fieldConfig} />;
  if (panel.type === 'stat') return <Stat {...common} />;
  if (panel.type === 'bargauge') return <Bars {...common} />;
  throw new Error(`no panel of type ${panel.type} is drawn here`);
}
