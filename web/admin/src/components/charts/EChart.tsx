import { useComputedColorScheme } from '@mantine/core'
import { LineChart as Lines } from 'echarts/charts'
import { AriaComponent, GridComponent, TooltipComponent } from 'echarts/components'
import * as echarts from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'

import { spread } from './spread'

echarts.use([Lines, GridComponent, TooltipComponent, AriaComponent, CanvasRenderer])

export interface Line {
  name: string
  /** A custom property of the theme, such as --arm-1. */
  color: string
  points: [at: string, value: number][]
  area?: boolean
  step?: boolean
}

export interface LineChartProps {
  label: string
  lines: Line[]
  formatValue: (value: number) => string
  formatTime: (at: number) => string
  formatAxisTime: (at: number, spanMs: number) => string
  /** Where the time axis is named; nothing: the chart chooses. */
  axisTimes: (from: number, to: number, most: number) => number[] | undefined
  height?: number
  /** Counts have no halves on the axis. */
  wholeNumbers?: boolean
}

/** Thin lines named at their ends, few grid lines. */
export default function EChart({
  label,
  lines,
  formatValue,
  formatTime,
  formatAxisTime,
  axisTimes,
  height = 220,
  wholeNumbers = false,
}: LineChartProps) {
  const host = useRef<HTMLDivElement>(null)
  const chart = useRef<echarts.ECharts | null>(null)
  const scheme = useComputedColorScheme()

  useEffect(() => {
    if (!host.current) return
    const made = echarts.init(host.current, null, { renderer: 'canvas' })
    chart.current = made
    const observer = new ResizeObserver(() => made.resize())
    observer.observe(host.current)
    return () => {
      observer.disconnect()
      made.dispose()
    }
  }, [])

  useEffect(() => {
    const style = getComputedStyle(document.body)
    const token = (name: string) => style.getPropertyValue(name).trim()
    const text = { color: token('--text-dim'), fontFamily: style.fontFamily, fontSize: 12 }
    const named = lines.length > 1
    const times = lines.flatMap((line) => line.points.map(([at]) => Date.parse(at)))
    const [from, to] = [Math.min(...times), Math.max(...times)]
    const span = to - from
    const wide = host.current?.clientWidth ?? 0
    const namesPx = !named ? 16 : wide < NARROW_PX ? 96 : 148
    const customValues = axisTimes(from, to, Math.max(4, Math.floor((wide - namesPx - 48) / 72)))
    const offsets = labelOffsets(lines, height)
    chart.current?.setOption(
      {
        animation: false,
        textStyle: text,
        grid: { left: 4, right: namesPx, top: 12, bottom: 4, containLabel: true },
        tooltip: {
          trigger: 'axis',
          backgroundColor: token('--surface'),
          borderColor: token('--line-strong'),
          textStyle: { ...text, color: token('--text') },
          formatter: (rows: { seriesName: string; value: [number, number]; marker: string }[]) =>
            [
              formatTime(Number(new Date(rows[0]?.value[0] ?? 0))),
              ...rows.map((row) =>
                [row.marker, escapeHtml(named ? row.seriesName : ''), formatValue(row.value[1])]
                  .filter(Boolean)
                  .join(' '),
              ),
            ].join('<br>'),
        },
        xAxis: {
          type: 'time',
          axisLine: { lineStyle: { color: token('--line-strong') } },
          axisTick: { show: false },
          splitLine: { show: false },
          splitNumber: 4,
          axisLabel: {
            ...text,
            ...(customValues && { customValues }),
            hideOverlap: true,
            formatter: (at: number) => formatAxisTime(at, span),
          },
        },
        yAxis: {
          type: 'value',
          splitNumber: 3,
          ...(wholeNumbers && { minInterval: 1 }),
          axisLabel: { ...text, formatter: (value: number) => formatValue(value) },
          splitLine: { lineStyle: { color: token('--line') } },
        },
        series: lines.map((line, index) => {
          const color = token(line.color)
          return {
            type: 'line',
            name: line.name,
            data: line.points,
            step: line.step ? 'end' : undefined,
            showSymbol: line.points.length === 1,
            symbolSize: 6,
            lineStyle: { width: 1.5, color },
            itemStyle: { color },
            areaStyle: line.area ? { color, opacity: 0.1 } : undefined,
            endLabel: named
              ? { show: true, formatter: '{a}', color, fontSize: 12, width: namesPx - 12, overflow: 'truncate', offset: [0, offsets[index] ?? 0] }
              : undefined,
          }
        }),
      },
      { notMerge: true },
    )
  }, [lines, scheme, formatValue, formatTime, formatAxisTime, axisTimes, wholeNumbers, height])

  return <div ref={host} role="img" aria-label={label} style={{ height, width: '100%' }} />
}

const NARROW_PX = 560
const AXIS_PX = 36
const LABEL_PX = 16

/** How far the names at the ends of lines are moved, so that they do not cover each other. */
function labelOffsets(lines: Line[], height: number): number[] {
  const top = Math.max(...lines.flatMap((line) => line.points.map(([, value]) => value)), 0) || 1
  const places = lines.map((line) => (1 - (line.points.at(-1)?.[1] ?? 0) / top) * (height - AXIS_PX))
  return spread(places, LABEL_PX).map((place, index) => place - (places[index] ?? 0))
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
