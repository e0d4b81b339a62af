//! `cam survey`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use serde::Serialize;

use super::exit::Refused;
use crate::survey::{self, Instrument, SurveyFileError};

/// Check survey files, and describe their format.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cam survey check surveys/customer.toml")]
pub(super) struct Survey {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Find what is wrong with survey files before anybody is asked
    Check(Check),
    /// Print the JSON Schema of survey files
    #[command(after_help = "Example:\n  cam survey schema > surveys/schema.json")]
    Schema,
}

/// Reads survey files and walks them with random answers: double keys, missing translations, loops, questions that
/// nobody reaches, choices that nobody can answer, and placeholders that stand for nothing are named at line and column.
/// Prints how many questions a respondent is asked and how long they take.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cam survey check surveys/*.toml")]
struct Check {
    /// Survey files, or names of surveys that come with cam
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object per file
    #[arg(long)]
    json: bool,
}

/// What a check found in a file.
#[derive(Debug, Serialize)]
struct Answer {
    file: String,
    faults: Vec<Fault>,
    #[serde(skip_serializing_if = "Option::is_none")]
    survey: Option<Facts>,
}

#[derive(Debug, Serialize)]
struct Fault {
    line: usize,
    column: usize,
    message: String,
}

#[derive(Debug, Serialize)]
struct Facts {
    id: String,
    version: u32,
    languages: Vec<String>,
    items: usize,
    most_questions: usize,
    mean_questions: f64,
    mean_seconds: f64,
    most_seconds: f64,
}

impl Survey {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut out = std::io::stdout().lock();
        let check = match self.command {
            Command::Check(check) => check,
            Command::Schema => {
                serde_json::to_writer_pretty(&mut out, &survey::schema())?;
                writeln!(out)?;
                return Ok(ExitCode::SUCCESS);
            }
        };
        let mut faults = 0;
        for file in &check.files {
            let answer = read(file)?;
            faults += answer.faults.len();
            if check.json {
                serde_json::to_writer(&mut out, &answer)?;
                writeln!(out)?;
            } else {
                answer.write(&mut out)?;
            }
        }
        match faults {
            0 => Ok(ExitCode::SUCCESS),
            1 => Err(Refused("one fault; correct it and check again".into()).into()),
            _ => Err(Refused(format!("{faults} faults; correct them and check again")).into()),
        }
    }
}

fn read(file: &Path) -> anyhow::Result<Answer> {
    let name = file.display().to_string();
    // The name of one that comes with cam does as well, as it does in a wave.
    let text = match survey::shipped(&name).filter(|_| !file.exists()) {
        Some(text) => text.to_owned(),
        None => std::fs::read_to_string(file).with_context(|| format!("{name} cannot be read"))?,
    };
    let (faults, survey) = match survey::parse_all(&name, &text) {
        Ok(survey) => {
            let (effort, findings) = survey.walk();
            let places = survey::item_places(&text);
            let faults = findings.into_iter().map(|finding| {
                let (line, column) = places.get(&finding.item).copied().unwrap_or((1, 1));
                Fault { line, column, message: format!("{}: {}", finding.item, finding.message) }
            });
            (faults.collect(), Some(facts(survey, &effort)))
        }
        Err(faults) => (faults.into_iter().map(Fault::from).collect(), None),
    };
    Ok(Answer { file: name, faults, survey })
}

fn facts(survey: Instrument, effort: &survey::Effort) -> Facts {
    Facts {
        items: survey.items.len(),
        id: survey.id,
        version: survey.version,
        languages: survey.languages,
        most_questions: effort.most_questions,
        mean_questions: effort.mean_questions,
        mean_seconds: effort.mean_seconds,
        most_seconds: effort.most_seconds,
    }
}

impl From<SurveyFileError> for Fault {
    fn from(error: SurveyFileError) -> Self {
        Self { line: error.line, column: error.column, message: error.message }
    }
}

impl Answer {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        for fault in &self.faults {
            writeln!(out, "{}:{}:{}: {}", self.file, fault.line, fault.column, fault.message)?;
        }
        let Some(survey) = &self.survey else { return Ok(()) };
        writeln!(
            out,
            "{}: {} version {}, {} items in {}; a respondent is asked {:.1} questions on average, at most {}, and takes \
             about {:.0} seconds, at most {:.0}",
            self.file,
            survey.id,
            survey.version,
            survey.items,
            survey.languages.join(", "),
            survey.mean_questions,
            survey.most_questions,
            survey.mean_seconds,
            survey.most_seconds
        )
    }
}
