import { useComputedColorScheme } from '@mantine/core'
import { LineChart as Lines } from 'echarts/charts'
import { AriaComponent, GridComponent, TooltipComponent } from 'echarts/components'
import * as echarts from 'echarts/core'
import { LabelLayout } from 'echarts/features'
import { CanvasRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'

echarts.use([Lines, GridComponent, TooltipComponent, AriaComponent, LabelLayout, CanvasRenderer])

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
  formatAxisTime: (at: number) => string
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
    const style = getComputedStyle(document.documentElement)
    const token = (name: string) => style.getPropertyValue(name).trim()
    const text = { color: token('--text-dim'), fontFamily: style.fontFamily, fontSize: 12 }
    const named = lines.length > 1
    chart.current?.setOption(
      {
        animation: false,
        textStyle: text,
        grid: { left: 4, right: named ? 148 : 16, top: 12, bottom: 4, containLabel: true },
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
          axisLabel: { ...text, hideOverlap: true, formatter: (at: number) => formatAxisTime(at) },
        },
        yAxis: {
          type: 'value',
          splitNumber: 3,
          ...(wholeNumbers && { minInterval: 1 }),
          axisLabel: { ...text, formatter: (value: number) => formatValue(value) },
          splitLine: { lineStyle: { color: token('--line') } },
        },
        series: lines.map((line) => {
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
              ? { show: true, formatter: '{a}', color, fontSize: 12, width: 136, overflow: 'truncate' }
              : undefined,
            labelLayout: { moveOverlap: 'shiftY' },
          }
        }),
      },
      { notMerge: true },
    )
  }, [lines, scheme, formatValue, formatTime, formatAxisTime, wholeNumbers])

  return <div ref={host} role="img" aria-label={label} style={{ height, width: '100%' }} />
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
