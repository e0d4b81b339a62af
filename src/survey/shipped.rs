//! The surveys that come with the program.

/// Names and texts.
const SHIPPED: [(&str, &str); 6] = [
    ("customer_satisfaction", include_str!("../../surveys/customer_satisfaction.toml")),
    ("employee_satisfaction", include_str!("../../surveys/employee_satisfaction.toml")),
    ("after_service", include_str!("../../surveys/after_service.toml")),
    ("lost_customer", include_str!("../../surveys/lost_customer.toml")),
    ("readiness", include_str!("../../surveys/readiness.toml")),
    ("pulse", include_str!("../../surveys/pulse.toml")),
];

/// The text of a survey that comes with the program.
pub fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names of the surveys that come with the program.
pub fn shipped_names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}
