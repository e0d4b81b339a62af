//! Rebuilds when a migration changes: `sqlx::migrate!` embeds the folders, which Cargo does not see.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
