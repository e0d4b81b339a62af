//! From the contacts of an account to the account.

/// Mean of contacts within each role, then over the roles by `weights` (one per role); `None` without a value, or where
/// the roles that answered weigh nothing. A contact is its role, a position in `weights`, and its value.
///
/// ```
/// use cam_stats::accounts::over_roles;
/// // Two users and one who decides; a decision weighs three times as much.
/// assert_eq!(over_roles(&[(0, 60.0), (0, 80.0), (1, 90.0)], &[1.0, 3.0]), Some(85.0));
/// assert_eq!(over_roles(&[], &[1.0, 3.0]), None);
/// ```
///
/// A role beyond the weights, and a weight that is negative or not finite, count as weight 0: the answer of a role that
/// nobody weighed does not speak for the account. A value that is not finite is missing.
pub fn over_roles(contacts: &[(usize, f64)], weights: &[f64]) -> Option<f64> {
    let (mut sum, mut total) = (0.0, 0.0);
    for (role, weight) in
        weights.iter().enumerate().filter(|(_, weight)| weight.is_finite() && **weight > 0.0)
    {
        let values: Vec<f64> = contacts
            .iter()
            .filter(|(own, value)| *own == role && value.is_finite())
            .map(|(_, value)| *value)
            .collect();
        if !values.is_empty() {
            sum += weight * crate::measurement::average(&values);
            total += weight;
        }
    }
    Some(sum / total).filter(|score| total > 0.0 && score.is_finite())
}
