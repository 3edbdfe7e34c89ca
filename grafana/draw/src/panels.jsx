// One component for each kind of panel that the boards use.
import React from 'react';
import { getDisplayValueAlignmentFactors, getFieldDisplayName, getFieldDisplayValues, renderTextPanelMarkdown } from '@grafana/data';
import { BarGauge, BigValue, TimeSeries, VizLayout, VizLegend, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { fieldConfigOf, filled, withLabels } from './frames.js';

const BAR_SPACING = 10;
const BAR_SIZES = { minVizHeight: 16, maxVizHeight: 300, minVizWidth: 8 };

// Without data Grafana returns one value: the text `noValue`, in the color of the first threshold.
function values({ panel, frames, theme }) {
  return getFieldDisplayValues({
    fieldConfig: fieldConfigOf(panel), reduceOptions: panel.options.reduceOptions, replaceVariables: withLabels,
    theme, data: frames, sparkline: panel.options.graphMode === 'area', timeZone: 'utc',
  });
}

function Stat(props) {
  const { panel: { options }, frames, width, height, theme } = props;
  return (
    <VizRepeater
      getValues={() => values(props)} getAlignmentFactors={getDisplayValueAlignmentFactors} width={width} height={height} source={frames} renderCounter={0}
      orientation={options.orientation ?? 'auto'} itemSpacing={3} autoGrid
      renderValue={({ value, alignmentFactors, width: w, height: h, count }) => (
        <BigValue
          theme={theme} width={w} height={h} count={count} value={value.display} sparkline={value.sparkline} alignmentFactors={alignmentFactors}
          textMode={options.textMode} colorMode={options.colorMode} graphMode={options.graphMode} justifyMode={options.justifyMode ?? 'auto'}
          text={options.text} disableWideLayout={options.wideLayout === false}
        />
      )}
    />
  );
}

function BarsLegend({ frames, legend }) {
  const items = frames.flatMap((frame) => frame.fields.filter((field) => field.type === 'number').map((field) => {
    return { label: getFieldDisplayName(field, frame, frames), color: field.display(field.values.at(-1)).color, yAxis: 1 };
  }));
  return <VizLayout.Legend placement={legend.placement}><VizLegend items={items} placement={legend.placement} displayMode={legend.displayMode} /></VizLayout.Legend>;
}

// A panel's own sizes apply only if it sets `sizing`. Grafana draws a single bar without its name.
function Bars(props) {
  const { panel: { options, fieldConfig }, frames, width, height, theme } = props;
  const { minVizHeight, maxVizHeight, minVizWidth } = options.sizing === 'manual' ? { ...BAR_SIZES, ...options } : BAR_SIZES;
  const legend = options.legend?.showLegend && frames.length ? <BarsLegend frames={frames} legend={options.legend} /> : null;
  const named = (count, display) => (count === 1 && !fieldConfig.defaults.displayName ? { ...display, title: undefined } : display);
  return (
    <VizLayout width={width} height={height} legend={legend}>
      {(innerWidth, innerHeight) => (
        <VizRepeater
          getValues={() => values(props)} getAlignmentFactors={getDisplayValueAlignmentFactors} width={innerWidth} height={innerHeight} source={frames} renderCounter={0}
          orientation={options.orientation} itemSpacing={BAR_SPACING} minVizHeight={minVizHeight} maxVizHeight={maxVizHeight} minVizWidth={minVizWidth}
          renderValue={({ value, alignmentFactors, orientation, width: w, height: h, count }) => (
            <BarGauge
              theme={theme} width={w} height={h} value={named(count, value.display)} field={value.field} display={value.view?.getFieldDisplayProcessor(value.colIndex)}
              alignmentFactors={count > 1 ? alignmentFactors : undefined} text={options.text} orientation={orientation} displayMode={options.displayMode}
              showUnfilled={options.showUnfilled} valueDisplayMode={options.valueMode} namePlacement={options.namePlacement} itemSpacing={BAR_SPACING}
              isOverflow={(h + BAR_SPACING) * count - BAR_SPACING > innerHeight}
            />
          )}
        />
      )}
    </VizLayout>
  );
}

function Words({ panel: { options }, variables }) {
  const html = options.mode === 'html' ? options.content : renderTextPanelMarkdown(filled(options.content, variables));
  return <div className="markdown-html" style={{ height: '100%', overflow: 'auto' }} dangerouslySetInnerHTML={{ __html: html }} />;
}

function Nothing({ panel, theme }) {
  const style = { display: 'flex', height: '100%', flexDirection: 'column', justifyContent: 'center', textAlign: 'center', color: theme.colors.text.secondary, fontSize: theme.typography.size.lg };
  return <div style={style}>{panel.fieldConfig?.defaults?.noValue ?? 'No data'}</div>;
}

export function Body(props) {
  const { panel, frames, width, height, range } = props;
  if (panel.type === 'text') return <Words {...props} />;
  if (panel.type === 'stat') return <Stat {...props} />;
  if (panel.type === 'bargauge') return <Bars {...props} />;
  if (!frames.length) return <Nothing {...props} />;
  if (panel.type === 'timeseries') {
    return (
      <TimeSeries frames={frames} width={width} height={height} timeRange={range} timeZone="utc" structureRev={1} options={panel.options}
        legend={{ calcs: [], displayMode: 'list', placement: 'bottom', showLegend: true, ...panel.options?.legend }} />
    );
  }
  if (panel.type === 'table') {
    return <TableNG data={frames[0]} width={width} height={height} structureRev={1} fieldConfig={panel.fieldConfig} sortBy={panel.options?.sortBy} cellHeight={panel.options?.cellHeight} footerOptions={panel.options?.footer} />;
  }
  throw new Error(`no panel of type ${panel.type} is drawn here`);
}
