//! The charts: numbers read back from the drawings, no text over another, and a gallery to look at.
//!
//! The gallery is written to `target/tmp/gallery`, as SVG and PNG, in both languages and all palettes.

mod samples;

use std::path::Path;

use cam::chart::{self, Drawing, Look, Palette};
use samples::Tongue;

type Sample = (&'static str, Box<dyn Fn(&Look) -> Drawing>);

fn gallery(tongue: Tongue) -> Vec<Sample> {
    vec![
        ("answer", Box::new(move |look| chart::answer(&samples::answer(tongue), look))),
        ("waves", Box::new(move |look| chart::waves(&samples::waves(tongue), look))),
        ("outcomes", Box::new(move |look| chart::outcomes(&samples::outcomes(tongue), look))),
        ("few-levels", Box::new(move |look| chart::outcomes(&samples::few_levels(tongue), look))),
        ("priorities", Box::new(move |look| chart::priorities(&samples::priorities(tongue), look))),
        ("investments", Box::new(move |look| chart::investments(&samples::investments(tongue), look))),
        (
            "investments-whole",
            Box::new(move |look| chart::investments_whole(&samples::investments(tongue), look)),
        ),
    ]
}

#[test]
fn every_chart_of_the_gallery_becomes_svg_and_png() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gallery");
    std::fs::create_dir_all(&directory).unwrap();
    for (tongue, language) in [(Tongue::English, "en"), (Tongue::Chinese, "zh-Hans")] {
        for (palette, shade) in [(Palette::Light, "light"), (Palette::Dark, "dark"), (Palette::Grey, "grey")]
        {
            for (name, draw) in gallery(tongue) {
                let drawing = draw(&Look { palette, prefix: name.to_owned() });
                assert!(drawing.lacking.is_empty(), "{name}: {:?}", drawing.lacking);
                std::fs::write(directory.join(format!("{name}.{language}.{shade}.svg")), &drawing.svg)
                    .unwrap();
                let png = chart::png(&drawing).unwrap();
                std::fs::write(directory.join(format!("{name}.{language}.{shade}.png")), png).unwrap();
            }
        }
    }
}
