//! `cam report`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

use super::exit::Refused;
use crate::analysis::{self, Analysis, Question};
use crate::chart::Palette;
use crate::clock::Clock;
use crate::config::Config;
use crate::finance::Quarter;
use crate::report::{self, Document, Language};
use crate::store::{self, Db};

/// Analyses a quarter and writes its report: one HTML file per language, the document as JSON, and the picture
/// of page 5 as PNG. Figures and forecasts are stored with the run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cam report --period 2026Q3 --lang all --out report")]
pub(super) struct Report {
    /// The quarter, for example 2026Q3
    #[arg(long, value_name = "QUARTER")]
    period: Quarter,
    /// en, zh-Hans or all
    #[arg(long, value_name = "LANG", default_value = "all", value_parser = languages)]
    lang: Languages,
    /// Folder for the files
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Analysis file
    #[arg(long, value_name = "FILE", default_value = "analysis.toml")]
    analysis: PathBuf,
}

/// The languages that a report is asked for in.
#[derive(Debug, Clone)]
struct Languages(Vec<Language>);

fn languages(text: &str) -> Result<Languages, report::LanguageError> {
    Ok(Languages(if text == "all" { Language::ALL.to_vec() } else { vec![text.parse()?] }))
}

impl Report {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let text = std::fs::read_to_string(&self.analysis)
            .map_err(|error| Refused(format!("{} cannot be read: {error}", self.analysis.display())))?;
        let question = Question::parse(&self.analysis.display().to_string(), &text)?;
        let db = super::open(config).await?;
        let analysis = analysis::run(&db, question, self.period).await?;
        write(&db, &analysis, &self.lang.0, &self.out, Clock::System).await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes the report of an analysis to a folder, stores the run, and prints what was written.
pub(super) async fn write(
    db: &Db,
    analysis: &Analysis,
    languages: &[Language],
    folder: &Path,
    clock: Clock,
) -> anyhow::Result<()> {
    let mut tx = db.read().await?;
    let files = store::report::files(&mut tx).await?;
    let frame = &analysis.frame;
    let survey = store::report::survey(&mut tx, &frame.survey, frame.survey_version).await?;
    drop(tx);
    let mut document = Document::build(analysis, &analysis.frame.period);
    document.list_files(&files);
    if let Some(survey) = survey.and_then(|text| crate::survey::parse("survey", &text).ok()) {
        document.list_questions(&survey);
    }
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let mut written = Vec::new();
    let mut put = |name: String, bytes: &[u8]| {
        let file = folder.join(name);
        std::fs::write(&file, bytes).with_context(|| format!("{} cannot be written", file.display()))?;
        written.push(file);
        anyhow::Ok(())
    };
    let mut reports = Vec::new();
    for &language in languages {
        let rendered = report::render(&document, language)?;
        put(format!("report.{}.html", language.tag()), rendered.html.as_bytes())?;
        if let Some(picture) = report::picture(&document, language, Palette::Light)? {
            put(format!("page-5.{}.png", language.tag()), &picture)?;
        }
        for remark in &rendered.remarks {
            writeln!(std::io::stderr(), "cam: {}, {remark}", language.tag())?;
        }
        reports.push((language, rendered));
    }
    if let Some((_, rendered)) = reports.first() {
        put("document.json".into(), rendered.json.as_bytes())?;
    }
    let run = report::keep(db, analysis, &document, &reports, clock.now()).await?;
    let mut out = std::io::stdout().lock();
    for file in written {
        writeln!(out, "wrote {}", file.display())?;
    }
    writeln!(out, "stored run {run}: {} figures", document.figures.len())?;
    Ok(())
}
