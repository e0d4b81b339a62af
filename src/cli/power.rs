//! `cam power`.

use std::io::Write;
use std::process::ExitCode;

use cam_stats::power::{self, BeforeAfter, Samples};
use clap::Subcommand;
use serde::Serialize;

use super::adhoc::{Fault, digits, print};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cam power means --effect 0.2                  how many in each group show a small effect\n  \
    cam power means --effect 0.3 --n 100          how likely 100 in each group show it\n  \
    cam power means --n 200                       what 200 in each group can show\n  \
    cam power change --sd 9 --correlation 0.5 --treated 180 --control 180 --per-unit 12 --icc 0.05\n  \
    cam power precision --sd 19 --margin 2 --population 1000 --response-rate 0.25"
)]
pub(super) struct Power {
    #[command(subcommand)]
    question: Question,
    /// Print one JSON object
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Question {
    /// Two groups of equal size: t test of their means
    Means(Means),
    /// The same people twice: t test of the change
    Pairs(Pairs),
    /// Two groups of equal size: difference of two shares
    Shares(Shares),
    /// A correlation
    Correlation(Correlation),
    /// A regression: F test of its drivers
    Regression(Regression),
    /// Two arms before and after: the smallest effect of a measure that can be shown
    Change(Change),
    /// Answers needed for an interval of a given width, and invitations that bring them
    Precision(Precision),
}

/// How sure a test has to be.
#[derive(Debug, Clone, Copy, clap::Args)]
struct Sure {
    /// Probability with which the effect has to be shown
    #[arg(long, value_name = "SHARE", default_value_t = 0.8)]
    power: f64,
    /// Two-sided level of the test
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    alpha: f64,
}

#[derive(Debug, clap::Args)]
struct Means {
    #[command(flatten)]
    asked: Asked,
    /// People per unit, where whole units are assigned (with --effect and without --n)
    #[arg(long, value_name = "N", requires = "icc", conflicts_with = "n")]
    per_unit: Option<f64>,
    /// Intraclass correlation of the units
    #[arg(long, value_name = "R", requires = "per_unit")]
    icc: Option<f64>,
}

#[derive(Debug, clap::Args)]
struct Pairs {
    #[command(flatten)]
    asked: Asked,
}

/// An effect, a number or both.
#[derive(Debug, clap::Args)]
struct Asked {
    /// Effect in standard deviations (of the change, for pairs)
    #[arg(long, value_name = "D", allow_hyphen_values = true, required_unless_present = "n")]
    effect: Option<f64>,
    /// Observations in each group, or pairs; with --effect it answers with the power, alone with the smallest effect
    #[arg(long, value_name = "N")]
    n: Option<f64>,
    #[command(flatten)]
    sure: Sure,
}

#[derive(Debug, clap::Args)]
struct Shares {
    /// Share in the one group, 0 to 1
    #[arg(long, value_name = "SHARE")]
    from: f64,
    /// Share in the other
    #[arg(long, value_name = "SHARE")]
    to: f64,
    #[command(flatten)]
    sure: Sure,
}

#[derive(Debug, clap::Args)]
struct Correlation {
    /// The correlation
    #[arg(long, value_name = "R", allow_hyphen_values = true)]
    r: f64,
    #[command(flatten)]
    sure: Sure,
}

#[derive(Debug, clap::Args)]
struct Regression {
    /// Effect: R-squared over its complement
    #[arg(long, value_name = "F2")]
    f2: f64,
    /// Drivers that are tested
    #[arg(long, value_name = "N")]
    drivers: usize,
    #[command(flatten)]
    sure: Sure,
}

#[derive(Debug, clap::Args)]
struct Change {
    /// Standard deviation of the outcome at one time
    #[arg(long, value_name = "SD")]
    sd: f64,
    /// Correlation of a person's outcomes before and after
    #[arg(long, value_name = "R", allow_hyphen_values = true)]
    correlation: f64,
    /// People with the measure
    #[arg(long, value_name = "N")]
    treated: f64,
    /// People without it
    #[arg(long, value_name = "N")]
    control: f64,
    /// People per unit, where whole units are assigned
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    per_unit: f64,
    /// Intraclass correlation of the units
    #[arg(long, value_name = "R", default_value_t = 0.0)]
    icc: f64,
    #[command(flatten)]
    sure: Sure,
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("spread").required(true))]
struct Precision {
    /// Standard deviation of one answer, for a mean
    #[arg(long, value_name = "SD", group = "spread")]
    sd: Option<f64>,
    /// Expected share, 0 to 1, for a share; 0.5 is the worst case
    #[arg(long, value_name = "SHARE", group = "spread")]
    share: Option<f64>,
    /// Variance of the answers as -1, 0 and 1, for a net promoter score in points
    #[arg(long, value_name = "VARIANCE", group = "spread")]
    nps_variance: Option<f64>,
    /// Half of the interval's width, in the unit of the answer; of a share, a share (0.05)
    #[arg(long, value_name = "MARGIN")]
    margin: f64,
    /// Confidence level
    #[arg(long, value_name = "SHARE", default_value_t = 0.95)]
    level: f64,
    /// Customers there are, where they are not many more than the answers
    #[arg(long, value_name = "N")]
    population: Option<f64>,
    /// Share that answers, for the invitations
    #[arg(long, value_name = "SHARE")]
    response_rate: Option<f64>,
}

/// What was asked and what follows.
#[derive(Debug, Default, Serialize)]
struct Answer {
    question: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n_whole: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n_arcsine: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n_clustered: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    power: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alpha: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    design_effect: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    margin: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invitations: Option<f64>,
    sentence: String,
}

/// The number, or the refusal of what was asked.
fn within(found: Option<f64>, range: &str) -> Result<f64, Fault> {
    found.ok_or_else(|| Fault::Refused {
        code: "E_PARAMETER",
        message: format!("no number answers this: {range}, and probabilities lie between 0 and 1"),
    })
}

fn percent(share: f64) -> String {
    format!("{} %", digits(100.0 * share))
}

/// A number of people is a whole one; the small subtraction keeps it from rising by rounding.
fn whole(n: f64) -> f64 {
    (n - 1e-9).ceil()
}

impl Power {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let answer = match &self.question {
            Question::Means(means) => means.answer(),
            Question::Pairs(pairs) => pairs.asked.answer("pairs", Samples::Pairs, "pairs"),
            Question::Shares(shares) => shares.answer(),
            Question::Correlation(correlation) => correlation.answer(),
            Question::Regression(regression) => regression.answer(),
            Question::Change(change) => change.answer(),
            Question::Precision(precision) => precision.answer(),
        };
        print(answer, self.json, Answer::write)
    }
}

impl Asked {
    fn answer(&self, question: &'static str, samples: Samples, who: &str) -> Result<Answer, Fault> {
        let Sure { power, alpha } = self.sure;
        let answer = Answer { question, alpha: Some(alpha), ..Answer::default() };
        match (self.effect, self.n) {
            (Some(effect), Some(n)) => {
                let power = within(samples.power(effect, n, alpha), "--n is at least 2")?;
                let sentence = format!(
                    "{} {who} show an effect of {} standard deviations with a probability of {}",
                    digits(n),
                    digits(effect),
                    percent(power)
                );
                Ok(Answer { effect: Some(effect), n: Some(n), power: Some(power), sentence, ..answer })
            }
            (Some(effect), None) => {
                let n = within(samples.size(effect, power, alpha), "--effect is not 0")?;
                let sentence = format!(
                    "{} {who} are needed to show an effect of {} standard deviations with a probability of {}",
                    whole(n),
                    digits(effect),
                    percent(power)
                );
                let (effect, n_whole) = (Some(effect), Some(whole(n)));
                Ok(Answer { effect, n: Some(n), n_whole, power: Some(power), sentence, ..answer })
            }
            (None, n) => {
                let n = n.unwrap_or(0.0);
                let range = "--n is at least 2, and --power lies above --alpha";
                let effect = within(samples.detectable(n, power, alpha), range)?;
                let sentence = format!(
                    "{} {who} show an effect of {} standard deviations or more with a probability of {}",
                    digits(n),
                    digits(effect),
                    percent(power)
                );
                Ok(Answer { effect: Some(effect), n: Some(n), power: Some(power), sentence, ..answer })
            }
        }
    }
}

impl Means {
    fn answer(&self) -> Result<Answer, Fault> {
        let mut answer = self.asked.answer("means", Samples::TwoGroups, "people in each group")?;
        let (Some(size), Some(icc), Some(effect)) = (self.per_unit, self.icc, self.asked.effect) else {
            return Ok(answer);
        };
        let Sure { power, alpha } = self.asked.sure;
        let range = "units hold at least 1, and --icc lies from 0 to 1";
        let inflation = within(power::design_effect(size, icc), range)?;
        let n = within(power::per_group_normal(effect, power, alpha), "--effect is not 0")? * inflation;
        answer.sentence = format!(
            "{}; assigned in units of {}, {}, by the design effect {}",
            answer.sentence,
            digits(size),
            whole(n),
            digits(inflation)
        );
        (answer.design_effect, answer.n_clustered) = (Some(inflation), Some(n));
        Ok(answer)
    }
}

impl Shares {
    fn answer(&self) -> Result<Answer, Fault> {
        let Sure { power, alpha } = self.sure;
        let range = "the two shares differ";
        let n = within(power::shares_per_group(self.from, self.to, power, alpha), range)?;
        let arcsine = within(power::shares_per_group_arcsine(self.from, self.to, power, alpha), range)?;
        let sentence = format!(
            "{} people in each group are needed to show {} and {} to differ with a probability of {}",
            whole(n),
            percent(self.from),
            percent(self.to),
            percent(power)
        );
        Ok(Answer {
            question: "shares",
            effect: Some(self.to - self.from),
            n: Some(n),
            n_whole: Some(whole(n)),
            n_arcsine: Some(arcsine),
            power: Some(power),
            alpha: Some(alpha),
            sentence,
            ..Answer::default()
        })
    }
}

/// The answer to how many are needed.
fn size(question: &'static str, (effect, n): (f64, f64), sure: Sure, what: &str) -> Answer {
    let sentence = format!(
        "{} people are needed to show {what} of {} with a probability of {}",
        whole(n),
        digits(effect),
        percent(sure.power)
    );
    Answer {
        question,
        effect: Some(effect),
        n: Some(n),
        n_whole: Some(whole(n)),
        power: Some(sure.power),
        alpha: Some(sure.alpha),
        sentence,
        ..Answer::default()
    }
}

impl Correlation {
    fn answer(&self) -> Result<Answer, Fault> {
        let found = power::correlation_size(self.r, self.sure.power, self.sure.alpha);
        let n = within(found, "--r lies between -1 and 1 and is not 0")?;
        Ok(size("correlation", (self.r, n), self.sure, "a correlation"))
    }
}

impl Regression {
    fn answer(&self) -> Result<Answer, Fault> {
        let found = power::regression_size(self.f2, self.drivers, self.sure.power, self.sure.alpha);
        let n = within(found, "--f2 lies above 0 and --drivers from 1 to 1000")?;
        Ok(size("regression", (self.f2, n), self.sure, "an f2"))
    }
}

impl Change {
    fn answer(&self) -> Result<Answer, Fault> {
        let Sure { power, alpha } = self.sure;
        let plan = BeforeAfter {
            sd: self.sd,
            correlation: self.correlation,
            treated: self.treated,
            control: self.control,
            per_unit: self.per_unit,
            icc: self.icc,
        };
        let range = "--sd is above 0, correlations lie inside their range, units hold at least 1, and there are \
                     more than 2 units";
        let effect = within(plan.detectable(power, alpha), range)?;
        let inflation = within(power::design_effect(self.per_unit, self.icc), range)?;
        let sentence = format!(
            "{} people with the measure and {} without show an effect of {} or more with a probability of {}",
            digits(self.treated),
            digits(self.control),
            digits(effect),
            percent(power)
        );
        Ok(Answer {
            question: "change",
            effect: Some(effect),
            n: Some(self.treated + self.control),
            power: Some(power),
            alpha: Some(alpha),
            design_effect: Some(inflation),
            sentence,
            ..Answer::default()
        })
    }
}

impl Precision {
    fn answer(&self) -> Result<Answer, Fault> {
        let sd = match (self.sd, self.share, self.nps_variance) {
            (Some(sd), ..) => Some(sd),
            (None, Some(share), _) => (0.0..=1.0).contains(&share).then(|| (share * (1.0 - share)).sqrt()),
            (None, None, variance) => {
                variance.filter(|variance| (0.0..=1.0).contains(variance)).map(|v| 100.0 * v.sqrt())
            }
        };
        let range = "the spread is 0 or more (of a share or a score's variance at most 1), --margin above 0, and \
                     --population at least 1";
        let needed =
            sd.and_then(|sd| power::answers_for_margin(sd, self.margin, self.level, self.population));
        let n = within(needed, range)?;
        let invited = match self.response_rate {
            Some(rate) => Some(within(power::invitations(n, rate), "--response-rate lies above 0")?),
            None => None,
        };
        let mut sentence = format!(
            "{n} answers give an interval of plus or minus {} at a level of {}",
            digits(self.margin),
            percent(self.level)
        );
        if let (Some(invited), Some(rate)) = (invited, self.response_rate) {
            sentence = format!("{sentence}; {invited} invitations bring them where {} answer", percent(rate));
        }
        Ok(Answer {
            question: "precision",
            n: Some(n),
            margin: Some(self.margin),
            level: Some(self.level),
            invitations: invited,
            sentence,
            ..Answer::default()
        })
    }
}

impl Answer {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "{}", self.sentence)?;
        let figures = [
            ("not rounded", self.n.filter(|_| self.n_whole.is_some())),
            ("by the arcsine", self.n_arcsine),
            ("in units, not rounded", self.n_clustered),
            ("design effect", self.design_effect),
            ("two-sided level", self.alpha),
        ];
        for (what, figure) in figures {
            if let Some(figure) = figure {
                writeln!(out, "  {what:22} {:>10}", digits(figure))?;
            }
        }
        Ok(())
    }
}
