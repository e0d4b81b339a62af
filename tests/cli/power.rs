//! `cam power`.

use super::{cam, close, golden, object, refusal};

fn expected(key: &str) -> f64 {
    let prefix = format!("power.{key},");
    let text = golden("effect.csv");
    text.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap().parse().unwrap()
}

fn figure(arguments: &str, key: &str) -> f64 {
    let arguments: Vec<&str> = ["power"].into_iter().chain(arguments.split(' ')).chain(["--json"]).collect();
    object(&cam(&arguments))[key].as_f64().unwrap()
}

#[test]
fn the_power_numbers_come_from_the_shell() {
    for (arguments, key, reference) in [
        ("means --effect 0.2", "n", "t_n_d.2_80"),
        ("means --effect 0.3 --n 100", "power", "t_power_d.3_n100"),
        ("means --effect 0.2 --per-unit 20 --icc 0.05", "design_effect", "deff_m20_icc.05"),
        ("means --effect 0.2 --per-unit 20 --icc 0.05", "n_clustered", "n_cluster"),
        ("pairs --effect 0.2", "n", "paired_n_d.2_80"),
        ("shares --from 0.8 --to 0.85", "n", "2p_n_.80_.85"),
        ("shares --from 0.8 --to 0.85", "n_arcsine", "2p_h_n_.80_.85"),
        ("correlation --r 0.2", "n", "r_n_.2"),
        ("regression --f2 0.05 --drivers 3", "n", "f2_n_u3_f2.05"),
        ("change --sd 9 --correlation 0.5 --treated 180 --control 180", "effect", "mde_did_N360_rho.5_sd9"),
        (
            "change --sd 9 --correlation 0.5 --treated 180 --control 180 --per-unit 12 --icc 0.05",
            "effect",
            "mde_did_cluster_30x12_icc.05",
        ),
    ] {
        close(figure(arguments, key), expected(reference), arguments);
    }
    // The reference stopped 3.5e-5 short of this root, found in arithmetic of 30 digits.
    close(figure("means --n 200", "effect"), 0.280_836_450_287_59, "detectable difference");
}

#[test]
fn precision_counts_answers_and_invitations() {
    for (arguments, key, expected) in [
        ("--sd 19 --margin 2", "n", 347.0),
        ("--sd 19 --margin 2 --population 1000", "n", 258.0),
        ("--nps-variance 0.5854359375 --margin 5", "n", 900.0),
        ("--share 0.5 --margin 0.05", "n", 385.0),
        ("--sd 19 --margin 2 --response-rate 0.25", "invitations", 1388.0),
    ] {
        close(figure(&format!("precision {arguments}"), key), expected, arguments);
    }
    let text = cam(&["power", "precision", "--sd", "19", "--margin", "2", "--response-rate", "0.25"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("347 answers") && text.contains("1388 invitations"), "{text}");
}

#[test]
fn no_effect_needs_no_number() {
    let (code, message) = refusal(&["power", "means", "--effect", "0", "--json"]);
    assert_eq!(code, "E_PARAMETER");
    assert!(message.contains("--effect is not 0"), "{message}");
}
