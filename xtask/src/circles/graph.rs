//! Which siblings refer to each other, and which of these references form circles.

use super::modules::{Id, Tree};
use super::resolve::Reference;
use std::collections::BTreeMap;

/// References from anything below one module to anything below a sibling, by sibling pair.
pub(super) type Edges = BTreeMap<(Id, Id), Vec<Reference>>;

/// Siblings each of which leads to all others.
#[derive(Debug)]
pub(super) struct Circle {
    pub(super) parent: Id,
    pub(super) members: Vec<Id>,
    pub(super) edges: Edges,
}

/// All circles of a crate, from the root down.
pub(super) fn circles(tree: &Tree, references: &[Reference]) -> Vec<Circle> {
    let edges = edges(tree, references);
    let mut circles = Vec::new();
    for (parent, module) in tree.modules.iter().enumerate() {
        let reach = |from| reachable(&edges, from);
        let reached: BTreeMap<Id, Vec<Id>> =
            module.children.iter().map(|&id| (id, reach(id))).collect();
        let mut done: Vec<Id> = Vec::new();
        for &first in &module.children {
            if done.contains(&first) || !reached[&first].contains(&first) {
                continue;
            }
            let both = |id: &Id| reached[&first].contains(id) && reached[id].contains(&first);
            let members: Vec<Id> = module.children.iter().copied().filter(both).collect();
            let inside = |pair: &(Id, Id)| members.contains(&pair.0) && members.contains(&pair.1);
            let edges = edges.iter().filter(|(pair, _)| inside(pair));
            let edges = edges.map(|(&pair, places)| (pair, places.clone()));
            done.extend(&members);
            circles.push(Circle {
                parent,
                edges: edges.collect(),
                members,
            });
        }
    }
    circles
}

/// References to items that are defined in a file further up.
pub(super) fn upward<'r>(
    tree: &'r Tree,
    references: &'r [Reference],
) -> impl Iterator<Item = &'r Reference> {
    let is_above = |reference: &Reference| {
        let target = &tree.modules[reference.to];
        target.file != tree.modules[reference.from].file
            && tree.line(reference.from).contains(&reference.to)
    };
    references
        .iter()
        .filter(move |reference| is_above(reference))
}

fn edges(tree: &Tree, references: &[Reference]) -> Edges {
    let mut edges = Edges::new();
    for reference in references {
        let (from, to) = (tree.line(reference.from), tree.line(reference.to));
        let parting = from.iter().zip(&to).find(|(a, b)| a != b);
        if let Some((&a, &b)) = parting {
            let places: &mut Vec<Reference> = edges.entry((a, b)).or_default();
            let is_same = |other: &Reference| {
                (other.from, other.line, &other.path)
                    == (reference.from, reference.line, &reference.path)
            };
            if !places.last().is_some_and(is_same) {
                places.push(reference.clone());
            }
        }
    }
    edges
}

/// Where one gets from a module by one edge or more.
fn reachable(edges: &Edges, from: Id) -> Vec<Id> {
    let mut reached = Vec::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        for (&(_, to), _) in edges.range((at, 0)..=(at, Id::MAX)) {
            if !reached.contains(&to) {
                reached.push(to);
                open.push(to);
            }
        }
    }
    reached
}
