//! What is true of the made-up company, and why these numbers: chosen once as a plausible maker of measuring
//! instruments with service shops, not fitted to what any method finds.
//!
//! Levels of drivers and of satisfaction are index points, 0 to 100; money is yuan a year.

/// Something that customers experience.
pub(super) struct Driver {
    /// Construct key of the survey.
    pub(super) key: &'static str,
    /// Points of satisfaction per point of the driver.
    pub(super) impact: f64,
    /// Mean level in the last quarter over all customers that the company ever had; those who stayed and answer stand
    /// one to three points higher.
    pub(super) level: f64,
    /// How much lower the mean was when the waves began.
    pub(super) risen: f64,
    /// Correlation with the general impression that all experiences share.
    pub(super) loading: f64,
}

/// The drivers in the order of the survey.
///
/// Waiting for a repair weighs most, the technician next, parts and invoices less, a showroom nothing. Experiences of one supplier go together (loadings
/// of 0.6 give correlations of 0.36), an evening in a showroom less so. The company worked on repair time and on
/// its technicians while the waves ran.
pub(super) const DRIVERS: [Driver; 5] = [
    Driver { key: "repair", impact: 0.42, level: 55.0, risen: 3.0, loading: 0.6 },
    Driver { key: "service", impact: 0.28, level: 65.0, risen: 2.0, loading: 0.6 },
    Driver { key: "parts", impact: 0.15, level: 73.0, risen: 0.0, loading: 0.6 },
    Driver { key: "showroom", impact: 0.0, level: 58.0, risen: 0.0, loading: 0.25 },
    Driver { key: "invoices", impact: 0.08, level: 71.0, risen: 0.0, loading: 0.6 },
];

/// Standard deviation of a driver over accounts: most customers lie between 35 and 100.
pub(super) const DRIVER_SPREAD: f64 = 16.0;

/// Satisfaction of an account to whom every experience is worth nothing; puts the mean near 66 for those
/// who stay.
pub(super) const SATISFACTION_AT_ZERO: f64 = 6.0;

/// Standard deviation of what moves satisfaction besides the drivers: they then explain three fifths of it.
pub(super) const SATISFACTION_NOISE: f64 = 9.0;

/// How far apart the facets of a construct lie within one account. A construct is the mean of its facets, as an
/// index is the mean of its items; this spread gives reliabilities near 0.9.
pub(super) const FACET_SPREAD: f64 = 6.0;

/// How far an answer strays from what the person means, before it is rounded to a step of the scale.
pub(super) const ANSWER_NOISE: f64 = 4.0;

/// How far the contacts of one account differ.
pub(super) const CONTACT_SPREAD: f64 = 4.0;

/// Yearly margin of an average account at satisfaction 66.
const MARGIN: f64 = 100_000.0;

/// Past this level more satisfaction wins little further business: the account already buys here what it can.
const KINK: f64 = 72.0;

/// Share of the margin that one point brings below the kink: unhappy customers place orders elsewhere.
const GROWTH_BELOW: f64 = 0.015;

/// Share of the margin that one point brings above it.
const GROWTH_ABOVE: f64 = 0.004;

/// Share of revenue that is margin.
pub(super) const MARGIN_RATE: f64 = 0.42;

/// Returns the yearly margin of an average account that stays, at a lasting satisfaction.
pub(super) fn margin_if_kept(satisfaction: f64) -> f64 {
    let s = satisfaction.clamp(0.0, 100.0);
    MARGIN * (1.0 + GROWTH_BELOW * (s.min(KINK) - 66.0) + GROWTH_ABOVE * (s - KINK).max(0.0))
}

/// Returns the probability that a contract is renewed: about 80 % at 45 points, 91 % at 66, 96 % at 85.
pub(super) fn renewal(satisfaction: f64) -> f64 {
    let s = satisfaction.clamp(0.0, 100.0);
    1.0 / (1.0 + (-(2.3 + 0.045 * (s - 66.0))).exp())
}

/// Returns the margin that an average account brings in the twelve months after an answer, leavers included.
///
/// A contract is renewed or ended at the start of one of the four quarters, each equally likely; who leaves at the
/// start of the k-th has paid k - 1 of the four.
pub(super) fn margin_in_window(satisfaction: f64) -> f64 {
    let kept = renewal(satisfaction);
    margin_if_kept(satisfaction) * (kept + (1.0 - kept) * (0.0 + 1.0 + 2.0 + 3.0) / 16.0)
}

/// Sizes of accounts: name, share of accounts, margin against the average, contacts. The mean factor is 1.
pub(super) struct Size {
    /// Code in the customer file.
    pub(super) code: &'static str,
    /// Share of the accounts.
    pub(super) share: f64,
    /// Margin against the average account.
    pub(super) factor: f64,
    /// Roles of its contacts.
    pub(super) roles: &'static [&'static str],
}

/// Small, medium and large accounts.
pub(super) const SIZES: [Size; 3] = [
    Size { code: "S", share: 0.6, factor: 0.8, roles: &["uses"] },
    Size { code: "M", share: 0.3, factor: 1.2, roles: &["uses"] },
    Size { code: "L", share: 0.1, factor: 1.6, roles: &["decides", "uses", "pays"] },
];

/// Share of the medium accounts in which a second person decides.
pub(super) const MEDIUM_WITH_DECIDER: f64 = 0.3;

/// Spread of the margin between accounts of one size and one satisfaction.
pub(super) const ACCOUNT_FACTOR: f64 = 0.22;

/// Spread of the margin between quarters of one account.
pub(super) const QUARTER_FACTOR: f64 = 0.2;

/// Share of the yearly business in each calendar quarter, times four.
pub(super) const SEASON: [f64; 4] = [0.92, 1.0, 1.0, 1.08];

/// Money that moves a driver.
pub(super) struct Investment {
    /// Key in the files.
    pub(super) key: &'static str,
    /// Its name.
    pub(super) name: &'static str,
    /// Position of its driver.
    pub(super) driver: usize,
    /// Paid once.
    pub(super) one_off_cost: f64,
    /// Years that the one-off cost serves.
    pub(super) life_years: f64,
    /// Paid every year today.
    pub(super) yearly_cost: f64,
    /// Months until more money shows.
    pub(super) months_until_effect: f64,
    /// Whether spending less gives the money back.
    pub(super) reversible: bool,
    /// What it is for.
    pub(super) task: &'static str,
    /// What it consists of.
    pub(super) kind: &'static str,
    /// Level of the driver, total cost a year, source.
    pub(super) points: &'static [(f64, f64, &'static str)],
}

/// The four investments.
///
/// * The second repair shift starts from a low level; the first points are cheap (shifts in the large shops), the
///   last ones dear (a courier for every case).
/// * The technicians' academy is the same at a higher level.
/// * The parts stock costs `200 (level - 40)^3` a year: the last points are slow sellers in every shop. It was filled
///   up long ago, and the next point costs about 700,000 a year.
/// * Showroom evenings are liked, and move nothing.
pub(super) const INVESTMENTS: [Investment; 4] = [
    Investment {
        key: "INV-1",
        name: "Second repair shift",
        driver: 0,
        one_off_cost: 1_200_000.0,
        life_years: 8.0,
        yearly_cost: 5_750_000.0,
        months_until_effect: 3.0,
        reversible: false,
        task: "keep",
        kind: "process",
        points: &[(70.0, 10_200_000.0, "record"), (88.0, 31_000_000.0, "judgement")],
    },
    Investment {
        key: "INV-2",
        name: "Technicians' academy",
        driver: 1,
        one_off_cost: 800_000.0,
        life_years: 5.0,
        yearly_cost: 4_500_000.0,
        months_until_effect: 6.0,
        reversible: false,
        task: "grow",
        kind: "people",
        points: &[(76.0, 7_100_000.0, "record"), (90.0, 19_000_000.0, "judgement")],
    },
    Investment {
        key: "INV-3",
        name: "Parts stock in every shop",
        driver: 2,
        one_off_cost: 0.0,
        life_years: 5.0,
        yearly_cost: 7_861_000.0,
        months_until_effect: 1.0,
        reversible: true,
        task: "keep",
        kind: "process",
        points: &[
            (60.0, 1_600_000.0, "record"),
            (68.0, 4_390_000.0, "record"),
            (78.0, 10_974_000.0, "record"),
            (82.0, 14_818_000.0, "record"),
        ],
    },
    Investment {
        key: "INV-4",
        name: "Showroom evenings",
        driver: 3,
        one_off_cost: 0.0,
        life_years: 5.0,
        yearly_cost: 2_100_000.0,
        months_until_effect: 1.0,
        reversible: true,
        task: "awareness",
        kind: "people",
        points: &[
            (52.0, 1_500_000.0, "record"),
            (66.0, 3_100_000.0, "record"),
            (76.0, 5_000_000.0, "judgement"),
        ],
    },
];

/// Years over which the analysis spreads gains.
pub(super) const HORIZON_YEARS: u32 = 3;

/// Yearly discount rate of the analysis.
pub(super) const DISCOUNT_RATE: f64 = 0.08;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_rises_and_bends_down_but_never_up() {
        let slopes: Vec<f64> =
            (35..95).map(|s| margin_in_window(f64::from(s + 1)) - margin_in_window(f64::from(s))).collect();
        assert!(slopes.iter().all(|&slope| slope > 0.0));
        assert!(slopes[10] > 2.0 * slopes[50]);
    }

    #[test]
    fn shares_of_sizes_and_seasons_average_to_one() {
        let mean: f64 = SIZES.iter().map(|size| size.share * size.factor).sum();
        let season: f64 = SEASON.iter().sum();
        assert!((mean - 1.0).abs() < 1e-12 && (season - 4.0).abs() < 1e-12);
    }

    /// By hand: at 66 the renewal is 1 / (1 + e^-2.3) = 0.908877, the window 100000 (0.908877 + 0.091123 * 0.375).
    #[test]
    fn an_average_account_at_sixty_six_brings_what_the_hand_computes() {
        assert!((renewal(66.0) - 0.908_877_04).abs() < 1e-8);
        assert!((margin_in_window(66.0) - 94_304.8).abs() < 0.1, "{}", margin_in_window(66.0));
    }
}
