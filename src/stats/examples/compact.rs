//! Times a model of many rows: `compact FILE ols|logit|gamma OUTCOME DRIVER,DRIVER,...`.
//!
//! Prints seconds of the clock and of the processors for reading and for fitting, the bytes that the columns
//! take, and the coefficients with their standard errors.

use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::time::Instant;

use cam_stats::compact::{self, CompactErrors};

/// Nanoseconds that all threads of this process have run, where the system tells.
fn cpu() -> f64 {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return f64::NAN };
    let one = |task: std::fs::DirEntry| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    };
    tasks.flatten().filter_map(one).sum::<f64>() * 1e-9
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, model, outcome, drivers] = arguments.as_slice() else {
        return Err("compact FILE ols|logit|gamma OUTCOME DRIVER,DRIVER,...".into());
    };
    let mut names: Vec<&str> = drivers.split(',').collect();
    names.push(outcome);
    let positions: Vec<usize> = (0..names.len() - 1).collect();
    let (clock, start) = (Instant::now(), cpu());
    let data = compact::read(File::open(file)?, &names)?;
    let (read, read_cpu) = (clock.elapsed().as_secs_f64(), cpu() - start);
    let (clock, start) = (Instant::now(), cpu());
    let fit = match model.as_str() {
        "ols" => compact::linear(&data, positions.len(), &positions, CompactErrors::Hc3)?,
        "logit" => compact::logit(&data, positions.len(), &positions, CompactErrors::Classic)?,
        "gamma" => compact::gamma(&data, positions.len(), &positions, CompactErrors::Classic)?,
        other => return Err(format!("no model `{other}`").into()),
    };
    let (fitting, fit_cpu) = (clock.elapsed().as_secs_f64(), cpu() - start);
    let list =
        |values: Vec<f64>| values.iter().map(|value| format!("{value:.10}")).collect::<Vec<_>>().join(",");
    writeln!(
        std::io::stdout(),
        "{{\"task\":\"{model}\",\"n\":{},\"bytes\":{},\"read_s\":{read:.4},\"read_cpu_s\":{read_cpu:.4},\
         \"fit_s\":{fitting:.4},\"fit_cpu_s\":{fit_cpu:.4},\"iters\":{},\"coef\":[{}],\"se\":[{}]}}",
        fit.n,
        data.bytes(),
        fit.iterations,
        list(fit.coefficients.iter().map(|b| b.estimate).collect()),
        list(fit.coefficients.iter().map(|b| b.std_error).collect()),
    )?;
    Ok(())
}
