//! A ballot, its bytes of one length for all, and the opening of all ballots of a wave at once.
//!
//! A sealed ballot shows nothing of what was answered, not even by its length, as long as the caller gives the same size
//! for every ballot of the wave. A ballot holds no time, no language and no address. Once opened, its units and answers
//! together can point to a person: opened ballots are for the released table, not for anybody's eyes.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::poll_key::PrivateHalf;

/// The id of a unit.
pub type UnitId = [u8; 16];

/// First byte of a ballot: the version of its layout.
const VERSION: u8 = 1;

/// What one respondent answered.
#[derive(Clone, PartialEq, Default)]
pub struct Ballot {
    /// The units that it counts for: a department and what stands above it.
    pub units: Vec<UnitId>,
    /// Answers by the key of their item; what was not answered is not there.
    pub answers: BTreeMap<String, Answer>,
}

impl std::fmt::Debug for Ballot {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Ballot")
    }
}

/// One answer.
#[derive(Clone, PartialEq)]
pub enum Answer {
    /// A rating or a number.
    Number(f64),
    /// The key of an option.
    Choice(String),
    /// Keys of options, in the order that was given.
    List(Vec<String>),
    /// The respondent's own words.
    Text(String),
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Answer")
    }
}

/// A ballot that cannot be written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BallotError {
    /// It is longer than every ballot of the wave is.
    #[error("the ballot takes {length} bytes, and every ballot of this wave has {size}")]
    TooLarge {
        /// What it would take.
        length: usize,
        /// What there is.
        size: usize,
    },
    /// A count or a text is longer than the layout can say.
    #[error("a part of the ballot is longer than 65,535")]
    TooLong,
    /// The bytes are no ballot.
    #[error("these bytes are no ballot")]
    Broken,
    /// The operating system gives no randomness to shuffle with.
    #[error("the operating system gives no randomness, so no ballot was opened")]
    NoRandomness,
}

impl Ballot {
    /// Returns the least size that this ballot fits in. The size for a wave is that of the largest ballot that its survey
    /// allows: the deepest department, every item with its longest answer.
    ///
    /// # Errors
    ///
    /// [`BallotError::TooLong`].
    pub fn length(&self) -> Result<usize, BallotError> {
        Ok(self.encoded()?.len())
    }

    /// Writes the ballot into exactly `size` bytes: equal ballots give equal bytes, and the rest is zeros.
    ///
    /// # Errors
    ///
    /// [`BallotError::TooLarge`] and [`BallotError::TooLong`].
    pub fn to_bytes(&self, size: usize) -> Result<Zeroizing<Vec<u8>>, BallotError> {
        let mut bytes = self.encoded()?;
        if bytes.len() > size {
            return Err(BallotError::TooLarge { length: bytes.len(), size });
        }
        // A buffer that grew would leave a copy behind.
        let mut padded = Zeroizing::new(Vec::with_capacity(size));
        padded.append(&mut bytes);
        padded.resize(size, 0);
        Ok(padded)
    }

    /// Reads what [`Ballot::to_bytes`] wrote, and nothing else.
    ///
    /// # Errors
    ///
    /// [`BallotError::Broken`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BallotError> {
        let mut reader = Reader { rest: bytes };
        let ballot = reader.ballot().ok_or(BallotError::Broken)?;
        // One text for one ballot: no second way to write it, nothing hidden behind it.
        let written = ballot.to_bytes(bytes.len()).map_err(|_| BallotError::Broken)?;
        if written.as_slice() == bytes { Ok(ballot) } else { Err(BallotError::Broken) }
    }

    fn encoded(&self) -> Result<Zeroizing<Vec<u8>>, BallotError> {
        let mut out = Zeroizing::new(vec![VERSION]);
        put_count(&mut out, self.units.len())?;
        for unit in &self.units {
            out.extend_from_slice(unit);
        }
        put_count(&mut out, self.answers.len())?;
        for (item, answer) in &self.answers {
            put_text(&mut out, item)?;
            match answer {
                Answer::Number(number) => {
                    out.push(1);
                    out.extend_from_slice(&number.to_le_bytes());
                }
                Answer::Choice(option) => {
                    out.push(2);
                    put_text(&mut out, option)?;
                }
                Answer::List(options) => {
                    out.push(3);
                    put_count(&mut out, options.len())?;
                    for option in options {
                        put_text(&mut out, option)?;
                    }
                }
                Answer::Text(text) => {
                    out.push(4);
                    put_text(&mut out, text)?;
                }
            }
        }
        Ok(out)
    }
}

fn put_count(out: &mut Vec<u8>, count: usize) -> Result<(), BallotError> {
    let count = u16::try_from(count).map_err(|_| BallotError::TooLong)?;
    out.extend_from_slice(&count.to_le_bytes());
    Ok(())
}

fn put_text(out: &mut Vec<u8>, text: &str) -> Result<(), BallotError> {
    put_count(out, text.len())?;
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn ballot(&mut self) -> Option<Ballot> {
        if self.take(1)? != [VERSION] {
            return None;
        }
        let units = (0..self.count()?).map(|_| self.take(16)?.try_into().ok()).collect::<Option<_>>()?;
        let answers =
            (0..self.count()?).map(|_| Some((self.text()?, self.answer()?))).collect::<Option<_>>()?;
        Some(Ballot { units, answers })
    }

    fn answer(&mut self) -> Option<Answer> {
        Some(match self.take(1)? {
            [1] => Answer::Number(f64::from_le_bytes(self.take(8)?.try_into().ok()?)),
            [2] => Answer::Choice(self.text()?),
            [3] => Answer::List((0..self.count()?).map(|_| self.text()).collect::<Option<_>>()?),
            [4] => Answer::Text(self.text()?),
            _ => return None,
        })
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn count(&mut self) -> Option<usize> {
        Some(usize::from(u16::from_le_bytes(self.take(2)?.try_into().ok()?)))
    }

    fn text(&mut self) -> Option<String> {
        let length = self.count()?;
        String::from_utf8(self.take(length)?.to_vec()).ok()
    }
}

/// All ballots of a wave.
#[derive(Debug)]
pub struct Opened {
    /// Those that could be opened, in an order that has nothing to do with the one in which they were sealed.
    pub ballots: Vec<Ballot>,
    /// Those that could not: sealed to another key, changed, or no ballot.
    pub broken: usize,
}

/// Opens all ballots of a wave and shuffles them.
///
/// # Errors
///
/// [`BallotError::NoRandomness`]: ballots that cannot be shuffled are not given out.
pub fn open_all(private: &PrivateHalf, sealed: &[Vec<u8>]) -> Result<Opened, BallotError> {
    let mut ballots: Vec<Ballot> = sealed
        .iter()
        .filter_map(|sealed| private.open(sealed))
        .filter_map(|bytes| Ballot::from_bytes(&bytes).ok())
        .collect();
    let broken = sealed.len() - ballots.len();
    for last in (1..ballots.len()).rev() {
        ballots.swap(last, below(last + 1)?);
    }
    Ok(Opened { ballots, broken })
}

/// Draws evenly from the numbers below `count`.
fn below(count: usize) -> Result<usize, BallotError> {
    let count = count as u64;
    // The last numbers are drawn again, since they would make the first remainders likelier.
    let even = u64::MAX - u64::MAX % count;
    loop {
        let drawn = getrandom::u64().map_err(|_| BallotError::NoRandomness)?;
        if drawn < even {
            return usize::try_from(drawn % count).map_err(|_| BallotError::NoRandomness);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use proptest::prelude::*;

    use super::super::poll_key::{PollKey, PublicHalf, seal};
    use super::*;

    const SIZE: usize = 2_560;

    fn key() -> &'static (PublicHalf, PrivateHalf) {
        static KEY: OnceLock<(PublicHalf, PrivateHalf)> = OnceLock::new();
        KEY.get_or_init(|| {
            let (public, locked) = PollKey::create("four plain words here").unwrap();
            (public, locked.unlock("four plain words here").unwrap())
        })
    }

    fn sealed(ballot: &Ballot) -> Vec<u8> {
        seal(&key().0, &ballot.to_bytes(SIZE).unwrap()).unwrap()
    }

    /// The ballot whose only answer is its number.
    fn numbered(number: u16) -> Ballot {
        Ballot {
            units: vec![[7; 16]],
            answers: BTreeMap::from([("pay".to_owned(), Answer::Number(f64::from(number)))]),
        }
    }

    fn number(ballot: &Ballot) -> f64 {
        match ballot.answers["pay"] {
            Answer::Number(number) => number,
            _ => f64::NAN,
        }
    }

    fn any_answer() -> impl Strategy<Value = Answer> {
        prop_oneof![
            (-1e9..1e9_f64).prop_map(Answer::Number),
            "[a-z_]{1,12}".prop_map(Answer::Choice),
            proptest::collection::vec("[a-z]{1,6}", 0..6).prop_map(Answer::List),
            "\\PC{0,60}".prop_map(Answer::Text),
        ]
    }

    fn any_ballot() -> impl Strategy<Value = Ballot> {
        (
            proptest::collection::vec(any::<UnitId>(), 0..4),
            proptest::collection::btree_map("[a-z]{1,10}", any_answer(), 0..8),
        )
            .prop_map(|(units, answers)| Ballot { units, answers })
    }

    proptest! {
        #[test]
        fn a_ballot_comes_back_as_it_was(ballot in any_ballot()) {
            let opened = open_all(&key().1, &[sealed(&ballot)]).unwrap();
            prop_assert!(opened.ballots == [ballot] && opened.broken == 0);
        }

        #[test]
        fn every_ballot_has_the_same_length_and_no_two_are_alike(one in any_ballot(), other in any_ballot()) {
            let (first, again, third) = (sealed(&one), sealed(&one), sealed(&other));
            prop_assert!(first != again);
            prop_assert_eq!([first.len(), again.len(), third.len()], [SIZE + 48; 3]);
        }

        #[test]
        fn equal_ballots_are_written_alike(ballot in any_ballot()) {
            let turned = Ballot { answers: ballot.answers.iter().rev().map(|(k, v)| (k.clone(), v.clone())).collect(),
                units: ballot.units.clone() };
            prop_assert_eq!(ballot.to_bytes(SIZE).unwrap(), turned.to_bytes(SIZE).unwrap());
        }

        #[test]
        fn one_flipped_bit_breaks_a_ballot_and_no_other(at in 0..(SIZE + 48) * 8) {
            let mut changed = sealed(&numbered(1));
            changed[at / 8] ^= 1 << (at % 8);
            let opened = open_all(&key().1, &[sealed(&numbered(2)), changed]).unwrap();
            prop_assert_eq!((opened.ballots.len(), opened.broken), (1, 1));
        }

        #[test]
        fn foreign_bytes_are_broken_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(open_all(&key().1, std::slice::from_ref(&bytes)).unwrap().broken, 1);
            if let Ok(ballot) = Ballot::from_bytes(&bytes) {
                prop_assert_eq!(&*ballot.to_bytes(bytes.len()).unwrap(), &bytes);
            }
        }

        #[test]
        fn a_ballot_cut_short_or_written_otherwise_is_broken(ballot in any_ballot(), cut in 0.0..1.0_f64) {
            let bytes = ballot.to_bytes(ballot.length().unwrap()).unwrap();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let keep = (bytes.len() as f64 * cut) as usize;
            prop_assert_eq!(Ballot::from_bytes(&bytes[..keep]).unwrap_err(), BallotError::Broken);
            let mut longer = ballot.to_bytes(SIZE).unwrap();
            longer[SIZE - 1] = 1;
            prop_assert_eq!(Ballot::from_bytes(&longer).unwrap_err(), BallotError::Broken);
        }
    }

    #[test]
    fn a_ballot_that_does_not_fit_is_refused_and_one_that_just_fits_is_not() {
        let ballot = numbered(3);
        // Version 1, counts 2 + 2, unit 16, key 2 + 3, kind 1, number 8.
        assert_eq!(ballot.length(), Ok(35));
        assert_eq!(ballot.to_bytes(35).unwrap().len(), 35);
        assert_eq!(ballot.to_bytes(34).unwrap_err(), BallotError::TooLarge { length: 35, size: 34 });
    }

    #[test]
    fn a_text_longer_than_the_layout_can_say_is_refused() {
        let text = Answer::Text("x".repeat(70_000));
        let ballot = Ballot { units: vec![], answers: BTreeMap::from([("why".to_owned(), text)]) };
        assert_eq!(ballot.to_bytes(100_000).unwrap_err(), BallotError::TooLong);
    }

    #[test]
    fn a_ballot_does_not_show_itself() {
        assert_eq!(format!("{:?} {:?}", numbered(3), Answer::Number(3.0)), "Ballot Answer");
    }

    /// Rank correlations of 200 openings of 40 ballots: under a fair shuffle each has mean 0 and variance 1/39.
    #[test]
    fn the_order_of_opening_does_not_follow_the_order_of_sealing() {
        let all: Vec<Vec<u8>> = (0..40).map(|at| sealed(&numbered(at))).collect();
        let correlations: Vec<f64> = (0..200)
            .map(|_| {
                let opened = open_all(&key().1, &all).unwrap().ballots;
                let sum: f64 = opened
                    .iter()
                    .enumerate()
                    .map(|(place, ballot)| (place as f64 - 19.5) * (number(ballot) - 19.5))
                    .sum();
                // Each of the two orders has the sum of squares 40 (40² - 1) / 12.
                sum / 5_330.0
            })
            .collect();
        let mean = correlations.iter().sum::<f64>() / 200.0;
        let variance = correlations.iter().map(|one| one * one).sum::<f64>() / 200.0;
        // Five standard errors: sqrt(1 / 39 / 200) = 0.0113; the variance's is about 0.1 of itself.
        assert!(mean.abs() < 0.057, "{mean}");
        assert!((variance * 39.0 - 1.0).abs() < 0.5, "{variance}");
    }

    /// Every ballot comes first about as often as any other: chi-squared over 10 places, 2,000 openings.
    #[test]
    fn every_ballot_comes_first_alike() {
        let all: Vec<Vec<u8>> = (0..10).map(|at| sealed(&numbered(at))).collect();
        let mut first = [0_u32; 10];
        for _ in 0..2_000 {
            let opened = open_all(&key().1, &all).unwrap().ballots;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let at = number(&opened[0]) as usize;
            first[at] += 1;
        }
        let chi: f64 = first.iter().map(|count| (f64::from(*count) - 200.0).powi(2) / 200.0).sum();
        // One fair shuffle in a million is above 45.1 with nine degrees of freedom.
        assert!(chi < 45.1, "{first:?}");
    }
}
