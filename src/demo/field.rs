//! The last quarter as it is asked: whose address works, who opens the mail, who answers, who stops half-way.

use jiff::civil::{DateTime, date};

use super::account::{FIRST_WAVE, LAST_WAVE};
use super::company::Company;
use super::dice::Dice;
use super::file::{EMPLOYEES, contact_address, employee_address};

/// Questions of the employees' survey, at most.
const POLL_QUESTIONS: usize = 16;

/// Questions before what people intend: those who break off rarely come further.
const BEFORE_INTENTIONS: usize = 13;

/// When the last wave goes out, on the company's clock: a Wednesday morning.
pub fn launched_at() -> DateTime {
    date(2026, 8, 12).at(10, 0, 0, 0)
}

/// What somebody who was invited does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    /// The receiving server knows no such address.
    Refused,
    /// The receiving server takes the mail and sends it back.
    Returned,
    /// Answers the first `questions` questions.
    Answers {
        /// The step for each item of the survey; `None` where the question is passed over.
        ticks: Vec<Option<i32>>,
        /// How many questions before breaking off.
        questions: usize,
    },
    /// Wants no mails any more.
    Unsubscribes,
    /// Opens the page and leaves.
    Looks,
    /// Nothing.
    Nothing,
}

/// A contact who is invited to the last wave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Respondent {
    /// The e-mail address.
    pub email: String,
    /// What they do.
    pub does: Does,
    /// Whether the receiving server is busy when the mail first comes.
    pub busy: bool,
}

/// An employee, as the poll reaches them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employee {
    /// The e-mail address.
    pub email: String,
    /// The step of a five-point scale for each question of the ballot; `None` where they do not take part.
    pub ticks: Option<Vec<Option<i32>>>,
}

impl Company {
    /// Returns the contacts of all customers of the last quarter, in order of account and contact. What is answered is what
    /// the truth makes them answer; nobody's answer depends on time or on another's.
    pub fn respondents(&self) -> Vec<Respondent> {
        let mut dice = Dice::new(self.seed, 41);
        let mut answers = self.answers.iter().filter(|answer| answer.wave == LAST_WAVE).peekable();
        let mut respondents = Vec::new();
        for (at, account) in self.accounts.iter().enumerate() {
            if !account.is_active(FIRST_WAVE + LAST_WAVE) {
                continue;
            }
            for contact in 0..account.roles.len() {
                let answer = answers.next_if(|answer| (answer.account, answer.contact) == (at, contact));
                let ticks = answer.map(|answer| answer.ticks.clone());
                let does = does(ticks, dice.uniform());
                let busy = dice.chance(0.01) && does != Does::Refused;
                respondents.push(Respondent { email: contact_address(at, contact), does, busy });
            }
        }
        respondents
    }

    /// Returns all employees that the company ever had.
    pub fn employees(&self) -> Vec<Employee> {
        let mut dice = Dice::new(self.seed, 42);
        (0..EMPLOYEES)
            .map(|number| {
                let email = employee_address(number);
                let takes_part = dice.chance(0.65);
                let mood = 3.5 + 0.7 * dice.normal();
                let ticks: Vec<Option<i32>> = (0..POLL_QUESTIONS)
                    .map(|_| {
                        let step = (mood + 0.8 * dice.normal()).round().clamp(1.0, 5.0);
                        #[expect(clippy::cast_possible_truncation, reason = "a step of 1 to 5")]
                        let step = step as i32;
                        (!dice.chance(0.02)).then_some(step)
                    })
                    .collect();
                Employee { email, ticks: takes_part.then_some(ticks) }
            })
            .collect()
    }
}

/// What a contact does: those whom the truth makes answer do so, a few of them not to the end.
fn does(ticks: Option<Vec<Option<i32>>>, draw: f64) -> Does {
    match ticks {
        Some(ticks) => {
            let questions = if draw < 0.04 { BEFORE_INTENTIONS } else { ticks.len() };
            Does::Answers { ticks, questions }
        }
        None if draw < 0.015 => Does::Refused,
        None if draw < 0.025 => Does::Returned,
        None if draw < 0.04 => Does::Unsubscribes,
        None if draw < 0.14 => Does::Looks,
        None => Does::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_whom_the_truth_makes_answer_the_last_wave_is_asked_and_answers() {
        let company = Company::generate(3);
        let respondents = company.respondents();
        let answering = respondents.iter().filter(|one| matches!(one.does, Does::Answers { .. })).count();
        assert_eq!(answering, company.answers.iter().filter(|answer| answer.wave == LAST_WAVE).count());
        let refused = respondents.iter().filter(|one| one.does == Does::Refused).count();
        // A wave pauses where more than fifty of a thousand addresses do not exist.
        assert!(refused > 5 && refused * 40 < respondents.len(), "{refused} of {}", respondents.len());
    }

    #[test]
    fn the_same_seed_gives_the_same_answers() {
        assert_eq!(Company::generate(9).respondents(), Company::generate(9).respondents());
        assert_eq!(Company::generate(9).employees(), Company::generate(9).employees());
    }
}
