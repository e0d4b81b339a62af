//! The `cam` program.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match cam::cli::run() {
        Ok(code) => code,
        Err(error) => {
            // Nothing is left to report to when even stderr is closed, nor when the reader of `cam … | head` has gone.
            if !cam::cli::is_closed_pipe(&error) {
                let _ = writeln!(std::io::stderr(), "cam: {error:#}");
            }
            cam::cli::exit_code(&error)
        }
    }
}
