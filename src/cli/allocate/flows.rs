//! Whether yearly money pays back.

use std::io::Write;

use cam_stats::Refusal;
use cam_stats::appraisal::appraise;
use serde::Serialize;

use crate::cli::adhoc::{Fault, digits};

#[derive(Debug, Serialize)]
pub(super) struct Appraised {
    flows: Vec<f64>,
    rate: f64,
    present_value: f64,
    net_present_value: f64,
    roi: f64,
    internal_rate: Option<f64>,
    /// Why there is no internal rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    internal_rate_refused: Option<Reason>,
    payback_years: Option<f64>,
    discounted_payback_years: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Reason {
    error: &'static str,
    message: String,
}

impl Appraised {
    pub(super) fn of(flows: &[f64], rate: f64) -> Result<Self, Fault> {
        let told = |refusal: Refusal| refusal.sentence(|_| "the money".to_owned());
        let found = appraise(flows, rate)
            .map_err(|refusal| Fault::Refused { code: refusal.code(), message: told(refusal) })?;
        Ok(Self {
            flows: flows.to_vec(),
            rate,
            present_value: found.present_value,
            net_present_value: found.net_present_value,
            roi: found.roi,
            internal_rate: found.internal_rate.ok(),
            internal_rate_refused: found
                .internal_rate
                .err()
                .map(|refusal| Reason { error: refusal.code(), message: told(refusal) }),
            payback_years: found.payback,
            discounted_payback_years: found.discounted_payback,
        })
    }

    pub(super) fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let years = self.flows.len().saturating_sub(1);
        let (verb, rate) =
            (if self.net_present_value > 0.0 { "pays" } else { "does not pay" }, 100.0 * self.rate);
        writeln!(out, "the investment {verb} at {} % a year over {years} years\n", digits(rate))?;
        writeln!(out, "present value of what comes in  {:>14}", digits(self.present_value))?;
        writeln!(out, "net present value               {:>14}", digits(self.net_present_value))?;
        writeln!(out, "return on investment            {:>14}", percent(self.roi))?;
        match (self.internal_rate, &self.internal_rate_refused) {
            (Some(rate), _) => writeln!(out, "internal rate of return         {:>14}", percent(rate))?,
            (None, Some(reason)) => writeln!(out, "no internal rate of return: {}", reason.message)?,
            (None, None) => {}
        }
        let in_years = |value: Option<f64>| {
            value.map_or_else(|| "never".to_owned(), |years| format!("{years:.2} years"))
        };
        writeln!(out, "payback                         {:>14}", in_years(self.payback_years))?;
        writeln!(out, "payback, discounted             {:>14}", in_years(self.discounted_payback_years))
    }
}

fn percent(share: f64) -> String {
    format!("{} %", digits(100.0 * share))
}
