//! The `cam` program.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match cam::cli::run() {
        Ok(code) => code,
        Err(error) => {
            // Nothing is left to report to when even stderr is closed.
            let _ = writeln!(std::io::stderr(), "cam: {error:#}");
            cam::cli::exit_code(&error)
        }
    }
}
