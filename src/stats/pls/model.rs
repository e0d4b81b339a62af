//! The model: which items measure which latent variable, and which paths run between those.

use serde::{Deserialize, Serialize};

use crate::notice::ModelFault;
use crate::{Column, Refusal};

/// How latent variables weigh their neighbours while weights are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// Regression on predecessors, correlation with successors.
    #[default]
    Path,
    /// Sign of the correlation.
    Centroid,
    /// Correlation.
    Factor,
}

/// A path model; all blocks are reflective (Mode A).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// For each latent variable its items, by position among the columns.
    pub blocks: Vec<Vec<usize>>,
    /// Paths from one latent variable to another, by position among the blocks.
    pub paths: Vec<(usize, usize)>,
    /// Inner weighting.
    pub scheme: Scheme,
}

/// A model that is well formed, with what follows from its shape.
pub(super) struct Plan<'a> {
    pub(super) model: &'a Model,
    /// Items in the order of the blocks, by position among the columns.
    pub(super) items: Vec<usize>,
    /// Where each block begins among [`Self::items`], and the end.
    pub(super) starts: Vec<usize>,
    /// For each latent variable those with a path to it.
    pub(super) predecessors: Vec<Vec<usize>>,
    /// Latent variables such that every path leads from an earlier one to a later one.
    pub(super) order: Vec<usize>,
    /// Pairs (from, to) that one or more paths in a row connect.
    pub(super) effects: Vec<(usize, usize)>,
}

impl<'a> Plan<'a> {
    /// Checks the model against the number of columns there are.
    pub(super) fn new(model: &'a Model, columns: usize) -> Result<Self, Refusal> {
        let latents = model.blocks.len();
        let refuse = |column, fault| Err(Refusal::Model { column, fault });
        let (mut items, mut starts) = (Vec::new(), vec![0]);
        for (latent, block) in model.blocks.iter().enumerate() {
            if block.is_empty() {
                return refuse(Column::Latent(latent), ModelFault::NoItem);
            }
            for item in block {
                let column = Column::Driver(*item);
                if *item >= columns {
                    return refuse(column, ModelFault::Unknown);
                }
                if items.contains(item) {
                    return refuse(column, ModelFault::ItemTwice);
                }
                items.push(*item);
            }
            starts.push(items.len());
        }
        let mut predecessors = vec![Vec::new(); latents];
        for (from, to) in &model.paths {
            if let Some(latent) = [*from, *to].into_iter().find(|latent| *latent >= latents) {
                return refuse(Column::Latent(latent), ModelFault::Unknown);
            }
            if predecessors[*to].contains(from) {
                return refuse(Column::Latent(*to), ModelFault::PathTwice);
            }
            predecessors[*to].push(*from);
        }
        let connected = |latent: usize| model.paths.iter().any(|(from, to)| *from == latent || *to == latent);
        if latents == 0 {
            return refuse(Column::Latent(0), ModelFault::Unknown);
        }
        if let Some(latent) = (0..latents).find(|latent| !connected(*latent)) {
            return refuse(Column::Latent(latent), ModelFault::NoPath);
        }
        let order = order(&predecessors)?;
        let mut reaches = vec![vec![false; latents]; latents];
        for to in &order {
            for from in &predecessors[*to] {
                for row in &mut reaches {
                    row[*to] |= row[*from];
                }
                reaches[*from][*to] = true;
            }
        }
        let pairs = (0..latents).flat_map(|from| (0..latents).map(move |to| (from, to)));
        let effects = pairs.filter(|(from, to)| reaches[*from][*to]).collect();
        Ok(Self { model, items, starts, predecessors, order, effects })
    }

    /// Number of latent variables.
    pub(super) fn latents(&self) -> usize {
        self.predecessors.len()
    }

    /// Positions of a block among [`Self::items`].
    pub(super) fn block(&self, latent: usize) -> std::ops::Range<usize> {
        self.starts[latent]..self.starts[latent + 1]
    }

    /// The latent variable of an item, by its position among [`Self::items`].
    pub(super) fn latent_of(&self, item: usize) -> usize {
        self.starts.partition_point(|start| *start <= item).saturating_sub(1)
    }

    /// Most paths that lead to one latent variable.
    pub(super) fn in_degree(&self) -> usize {
        self.predecessors.iter().map(Vec::len).max().unwrap_or(0)
    }
}

/// Latent variables from causes to consequences (Kahn 1962); what is left over lies on a cycle.
fn order(predecessors: &[Vec<usize>]) -> Result<Vec<usize>, Refusal> {
    let mut order = Vec::with_capacity(predecessors.len());
    while order.len() < predecessors.len() {
        let ready = |latent: &usize| {
            !order.contains(latent) && predecessors[*latent].iter().all(|from| order.contains(from))
        };
        match (0..predecessors.len()).find(ready) {
            Some(latent) => order.push(latent),
            None => return Err(cycle(predecessors, &order)),
        }
    }
    Ok(order)
}

/// Walks back along paths that have no beginning until a latent variable comes up twice.
fn cycle(predecessors: &[Vec<usize>], done: &[usize]) -> Refusal {
    let stuck = |latent: &usize| !done.contains(latent);
    let mut seen = Vec::new();
    let mut at = (0..predecessors.len()).find(stuck);
    while let Some(latent) = at {
        if seen.contains(&latent) {
            return Refusal::Model { column: Column::Latent(latent), fault: ModelFault::Cycle };
        }
        seen.push(latent);
        at = predecessors[latent].iter().copied().find(stuck);
    }
    Refusal::Model { column: Column::Latent(0), fault: ModelFault::Cycle }
}
