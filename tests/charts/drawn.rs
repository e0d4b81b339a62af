//! Reads a drawing back: its parts, their places, its words.

use cam::chart::{Drawing, TextBox};
use resvg::usvg::roxmltree::{Document, Node};

/// A part of a drawing with its attributes.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    attributes: Vec<(String, String)>,
    /// Points of the lines inside a curve, in px of the drawing.
    pub(crate) points: Vec<(f64, f64)>,
}

impl Part {
    /// A number among the attributes.
    pub(crate) fn number(&self, name: &str) -> f64 {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.unwrap_or_else(|| panic!("no {name}: {:?}", self.attributes)).1.parse().unwrap()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Every part that carries this name.
pub(crate) fn parts(drawing: &Drawing, name: &str) -> Vec<Part> {
    let document = Document::parse(&drawing.svg).unwrap();
    let named = document.descendants().filter(|node| node.attribute("data-part") == Some(name));
    named
        .map(|node| Part {
            attributes: node.attributes().map(|a| (a.name().to_owned(), a.value().to_owned())).collect(),
            points: points(node),
        })
        .collect()
}

/// The points of a curve: plotters writes them ten times larger, inside a shifted group.
fn points(node: Node<'_, '_>) -> Vec<(f64, f64)> {
    let Some(transform) = node.attribute("transform") else { return Vec::new() };
    let shift: Vec<f64> = transform
        .trim_start_matches("translate(")
        .split(')')
        .next()
        .unwrap()
        .split(' ')
        .map(|number| number.parse().unwrap())
        .collect();
    let lists = node.descendants().filter_map(|inner| inner.attribute("points"));
    lists
        .flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .map(|pair| {
            let (x, y) = pair.split_once(',').unwrap();
            (shift[0] + x.parse::<f64>().unwrap() / 10.0, shift[1] + y.parse::<f64>().unwrap() / 10.0)
        })
        .collect()
}

/// The written words, in drawing order.
pub(crate) fn words(drawing: &Drawing) -> Vec<String> {
    let document = Document::parse(&drawing.svg).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.map(|node| node.text().unwrap_or_default().to_owned()).collect()
}

/// Every pair of texts that lie more than 1 px in each other, and every text outside the drawing.
pub(crate) fn collisions(drawing: &Drawing) -> Vec<String> {
    let document = Document::parse(&drawing.svg).unwrap();
    let view: Vec<f64> = document
        .root_element()
        .attribute("viewBox")
        .unwrap()
        .split(' ')
        .map(|n| n.parse().unwrap())
        .collect();
    let (left, top, right, bottom) = (view[0], view[1], view[0] + view[2], view[1] + view[3]);
    let mut found = Vec::new();
    for (at, one) in drawing.texts.iter().enumerate() {
        if one.left < left - 0.5
            || one.right > right + 0.5
            || one.top < top - 0.5
            || one.bottom > bottom + 0.5
        {
            found.push(format!("outside: {one:?}"));
        }
        for other in &drawing.texts[at + 1..] {
            if depth(one, other) > 1.0 {
                found.push(format!("{:.1} px: {:?} on {:?}", depth(one, other), one.text, other.text));
            }
        }
    }
    found
}

fn depth(one: &TextBox, other: &TextBox) -> f64 {
    let across = one.right.min(other.right) - one.left.max(other.left);
    let down = one.bottom.min(other.bottom) - one.top.max(other.top);
    across.min(down)
}
