//! A picture of latencies: each quantile, on scales that show the tail.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::{
    BLACK, ChartBuilder, Color, IntoDrawingArea, IntoLogRange, LineSeries, RGBColor, SVGBackend,
    WHITE,
};

use super::BenchArgs;
use super::load::Measured;

const SIZE: (u32, u32) = (800, 420);
const BLUE: RGBColor = RGBColor(0x1f, 0x5a, 0xa6);

/// How far the scale of quantiles goes: 1 in 10 to this power is slower.
const NINES: f64 = 4.0;

/// Draws it.
pub(crate) fn draw(path: &Path, args: &BenchArgs, measured: &Measured) -> Result<()> {
    let points: Vec<_> = (0..=200)
        .map(|step| NINES * f64::from(step) / 200.0)
        .map(|nines| {
            let quantile = 1.0 - 10_f64.powf(-nines);
            (nines, measured.latency.value_at_quantile(quantile).max(1) as f64 / 1e3)
        })
        .collect();
    let (least, most) = (points[0].1 / 1.5, points[points.len() - 1].1 * 1.5);
    let caption = format!(
        "{} to {} threads, {} bytes, batches of {}: {:.0}/s",
        args.producers,
        args.consumers,
        args.payload,
        args.batch,
        measured.per_second(args)
    );
    let failed = |error: &dyn std::fmt::Display| anyhow!("{error}");
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE).map_err(|error| failed(&error))?;
    let mut chart = ChartBuilder::on(&root)
        .caption(caption, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(70)
        .build_cartesian_2d(0.0..NINES, (least..most).log_scale())
        .map_err(|error| failed(&error))?;
    chart
        .configure_mesh()
        .axis_style(BLACK.mix(0.4))
        .x_desc("of all messages")
        .y_desc("latency, us")
        .x_labels(5)
        .x_label_formatter(&|nines| format!("{} %", 100.0 * (1.0 - 10_f64.powf(-nines))))
        .draw()
        .map_err(|error| failed(&error))?;
    let line = LineSeries::new(points, BLUE.stroke_width(2));
    chart.draw_series(line).map_err(|error| failed(&error))?;
    root.present().map_err(|error| failed(&error))?;
    Ok(())
}
