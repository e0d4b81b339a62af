//! The whole picture in one drawing: the rows with the words left and right of them.

use super::rows::{BELOW, FIGURES, VERDICT, WIDTH, draw, verdict};
use crate::chart::canvas::{Anchor, Canvas, Drawing, Look, RowPlace, Text};
use crate::chart::input::{Figures, Grade, Investments, Row, RowState};
use crate::chart::lettering::{self, Weight};
use crate::chart::theme::Token;

/// Right edges of the columns: invest, gain, chance of loss, payback.
const COLUMNS: [f64; 4] = [780.0, 858.0, 908.0, 978.0];
/// Border of the whole picture, px: it stands alone, without a page around it.
const MARGIN: f64 = 24.0;
/// Side of a badge.
const BADGE: f64 = 16.0;

/// Draws the picture with its text columns, for a PNG or a page that cannot set text beside it.
pub fn whole(input: &Investments, look: &Look) -> Drawing {
    let (mut canvas, _) = draw(input, look);
    canvas.margin = MARGIN;
    heads(&mut canvas, input);
    let places = canvas.rows.clone();
    for ((row, place), number) in input.rows.iter().zip(&places).zip(1..) {
        left(&mut canvas, row, place, number);
        right(&mut canvas, &row.figures, place, matches!(row.state, RowState::Refused(_)));
    }
    canvas.finish(&input.alt.title, &input.alt.description)
}

/// Writes the heads of the columns over the first row.
fn heads(canvas: &mut Canvas, input: &Investments) {
    let heads = &input.heads;
    canvas.text(&Text::new(&heads.investment, 0.0, 9.0, 9.0).colour(Token::Ink3));
    let columns = [&heads.invest, &heads.gain, &heads.loss, &heads.payback, &heads.grade];
    for (words, x) in columns.into_iter().zip(COLUMNS.into_iter().chain([WIDTH])) {
        let further = f64::from(u8::try_from(words.matches('\n').count()).unwrap_or(0));
        let text = Text::new(words, x, 43.0 - 11.0 * further, 9.0).end().colour(Token::Ink3);
        canvas.lines(&text, 11.0);
    }
}

/// Writes name, verdict and the sentence beside the strip.
fn left(canvas: &mut Canvas, row: &Row, place: &RowPlace, number: u8) {
    let refused = matches!(row.state, RowState::Refused(_));
    let (name, strong, weak) =
        if refused { (Token::Ink3, Token::Ink3, Token::Ink3) } else { (Token::Ink, Token::Ink, Token::Ink2) };
    let base = place.top + 12.0;
    let figure = number.to_string();
    let token = if refused { Token::Ink3 } else { Token::Blue2 };
    canvas.text(&Text::new(&figure, 0.0, base, 12.5).bold().colour(token));
    canvas.text(&Text::new(&row.name, 14.0, base, 12.5).bold().colour(name));
    for (line, at) in verdict(row).iter().zip(0u8..) {
        let y = place.top + 27.0 + f64::from(at) * VERDICT.0;
        canvas.spans(line, &Text::new("", 14.0, y, VERDICT.1).colour(weak), strong);
    }
    let text = Text::new("", FIGURES + 1.0, place.strip_base - 3.0, BELOW).end();
    canvas.spans(&row.below, &text, Token::Ink);
}

/// Writes the figures of the right column and the badge.
fn right(canvas: &mut Canvas, figures: &Figures, place: &RowPlace, refused: bool) {
    let base = place.plot_top + 17.0;
    let (token, small) = if refused { (Token::Ink3, Token::Ink3) } else { (Token::Ink, Token::Ink2) };
    for (words, x) in [(&figures.invest, COLUMNS[0]), (&figures.loss, COLUMNS[2])] {
        canvas.text(&Text::new(words, x, base, 11.5).end().colour(token));
    }
    // A word such as "not computed" is wider than any figure that the column was made for.
    let roomy = lettering::width(&figures.payback, 11.5, Weight::Regular) <= COLUMNS[3] - COLUMNS[2] - 4.0;
    let (size, token) = if roomy { (11.5, token) } else { (9.0, Token::Ink3) };
    canvas.text(&Text::new(&figures.payback, COLUMNS[3], base, size).end().colour(token));
    let token = if refused { Token::Ink3 } else { Token::Ink };
    canvas.text(&Text::new(&figures.gain, COLUMNS[1], base, 13.5).bold().end().colour(token));
    canvas.text(&Text::new(&figures.gain_range, COLUMNS[1], base + 14.0, 10.0).end().colour(small));
    canvas.text(&Text::new(&figures.gain_note, COLUMNS[1], base + 27.0, 10.0).end().colour(small));
    badge(canvas, figures.grade, (WIDTH - BADGE, base - 12.0));
    canvas.text(&Text::new(&figures.grade_words, WIDTH, base + 18.0, 9.0).end().colour(Token::Ink3));
}

/// Draws an evidence badge: its fill fades as the evidence does.
fn badge(canvas: &mut Canvas, grade: Grade, (left, top): (f64, f64)) {
    let (letter, fill, border, text, dashes) = match grade {
        Grade::A => ("A", Token::Blue, Token::Blue, Token::OnFill, ""),
        Grade::B => ("B", Token::Blue2, Token::Blue2, Token::OnFill, ""),
        Grade::C => ("C", Token::Paper, Token::Blue, Token::Blue, ""),
        Grade::D => ("D", Token::Paper, Token::Ink3, Token::Ink2, " stroke-dasharray=\"3 2\""),
        Grade::E => ("E", Token::Panel, Token::Rule, Token::Ink2, ""),
    };
    let paint = format!(
        "rx=\"3\" fill=\"{}\" stroke=\"{}\" stroke-width=\"1.25\"{dashes}",
        canvas.colour(fill),
        canvas.colour(border)
    );
    canvas.rect("badge", (left + 0.6, top + 0.6, BADGE - 1.2, BADGE - 1.2), &paint);
    let text = Text::new(letter, left + BADGE / 2.0, top + 11.8, 10.5).bold().colour(text);
    canvas.text(&text.anchor(Anchor::Middle));
}
