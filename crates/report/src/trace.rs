//! Which points of a line are drawn, and where the line is interrupted.

/// A line of more points than this is thinned out. A chart is drawn about as many units wide,
/// so that more of them would fall on each other.
pub(crate) const MAX_DRAWN: usize = 400;

/// A line as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trace {
    /// Its pieces, from left to right; none is empty.
    pub(crate) pieces: Vec<Vec<(f64, f64)>>,
    /// Whether some points were left out.
    pub(crate) thinned: bool,
}

impl Trace {
    /// What is drawn of `points`, whose places rise and whose values are thousandths.
    pub(crate) fn of(points: &[(i64, i64)]) -> Trace {
        let kept = kept(points);
        let widest = usual_distance(points).map_or(i64::MAX, |usual| 2 * usual);
        let interrupted = |from: usize, to: usize| {
            let between = points.get(from..=to).unwrap_or_default();
            between.windows(2).any(|two| two[1].0 - two[0].0 >= widest)
        };
        let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
        let mut last = None;
        for &index in &kept {
            let point = drawn(points[index]);
            match (last, pieces.last_mut()) {
                (Some(last), Some(piece)) if !interrupted(last, index) => piece.push(point),
                _ => pieces.push(vec![point]),
            }
            last = Some(index);
        }
        Trace {
            pieces,
            thinned: kept.len() < points.len(),
        }
    }
}

/// Fixed point as a number, for drawing only.
fn drawn((place, value): (i64, i64)) -> (f64, f64) {
    (place as f64, value as f64 / 1000.0)
}

/// The distance that more than half of the neighbours have; none where distances vary.
fn usual_distance(points: &[(i64, i64)]) -> Option<i64> {
    let between = |two: &[(i64, i64)]| two[1].0 - two[0].0;
    let mut distances: Vec<i64> = points.windows(2).map(between).collect();
    // What more than half of them are is also in their middle.
    distances.sort_unstable();
    let usual = *distances.get(distances.len() / 2)?;
    let as_usual = distances.iter().filter(|&&distance| distance == usual);
    (as_usual.count() * 2 > distances.len()).then_some(usual)
}

/// The places of at most [`MAX_DRAWN`] points: the first, the last, and of every few
/// neighbours the lowest and the highest, so that no outlier is lost.
fn kept(points: &[(i64, i64)]) -> Vec<usize> {
    if points.len() <= MAX_DRAWN {
        return (0..points.len()).collect();
    }
    let neighbours = points.len().div_ceil(MAX_DRAWN / 2 - 1);
    let mut kept = vec![0, points.len() - 1];
    for start in (0..points.len()).step_by(neighbours) {
        let few = start..(start + neighbours).min(points.len());
        kept.extend(few.clone().min_by_key(|&index| points[index].1));
        kept.extend(few.max_by_key(|&index| points[index].1));
    }
    kept.sort_unstable();
    kept.dedup();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(places: impl IntoIterator<Item = i64>) -> Vec<(i64, i64)> {
        places.into_iter().map(|place| (place, 1500)).collect()
    }

    fn lengths(points: &[(i64, i64)]) -> Vec<usize> {
        Trace::of(points).pieces.iter().map(Vec::len).collect()
    }

    #[test]
    fn a_line_without_gaps_is_one_piece_of_all_its_points() {
        let trace = Trace::of(&[(-10, -250), (0, 0), (10, 14_300), (15, 1)]);
        let piece = vec![(-10.0, -0.25), (0.0, 0.0), (10.0, 14.3), (15.0, 0.001)];
        assert_eq!(trace.pieces, vec![piece]);
        assert!(!trace.thinned);
    }

    #[test]
    fn missing_points_interrupt_a_line_of_equal_distances() {
        assert_eq!(lengths(&at([1, 2, 3, 4, 8, 9, 10])), [4, 3]);
        assert_eq!(
            lengths(&at([10, 20, 30, 49, 59, 69])),
            [6],
            "19 is no two tens"
        );
        assert_eq!(lengths(&at([10, 20, 30, 50, 60, 70])), [3, 3]);
        assert_eq!(lengths(&at([0, 1, 2, 3, 4, 9, 10, 30])), [5, 2, 1]);
    }

    #[test]
    fn places_at_unequal_distances_interrupt_nothing() {
        assert_eq!(lengths(&at([1, 2, 5, 10, 20, 50, 100])), [7]);
        assert_eq!(lengths(&at([1, 2, 4])), [3]);
        assert_eq!(lengths(&at([1, 1000])), [2]);
    }

    #[test]
    fn no_point_and_one_point_are_drawn_as_they_are() {
        assert_eq!(lengths(&[]), [0; 0]);
        assert_eq!(lengths(&[(7, -3)]), [1]);
    }

    #[test]
    fn thinning_keeps_both_ends_and_every_outlier() {
        let mut points = at(0..20_000);
        points[0].1 = 1400;
        points[7777].1 = 9000;
        points[7778].1 = -9000;
        points[19_999].1 = 1600;
        let trace = Trace::of(&points);
        assert!(trace.thinned);
        assert_eq!(trace.pieces.len(), 1);
        let piece = &trace.pieces[0];
        for kept in [0, 7777, 7778, 19_999] {
            assert!(piece.contains(&drawn(points[kept])), "{kept}");
        }
        assert!(piece.windows(2).all(|two| two[0].0 < two[1].0));
    }

    #[test]
    fn at_a_long_line_is_thinned_out_to_the_limit_and_not_far_below() {
        for many in [400, 401, 403, 799, 5000, 1 << 20] {
            let points: Vec<_> = (0..many).map(|x| (x, x * 7919 % 1000)).collect();
            let [drawn] = lengths(&points)[..] else {
                panic!("{many} points in several pieces");
            };
            assert!((200..=MAX_DRAWN).contains(&drawn), "{drawn} of {many}");
        }
    }

    #[test]
    fn gaps_survive_thinning() {
        let points = at((0..3000).chain(5000..9000));
        let trace = Trace::of(&points);
        assert!(trace.thinned);
        assert_eq!(trace.pieces.len(), 2);
        assert!(trace.pieces[0].iter().all(|point| point.0 < 3000.0));
        assert!(trace.pieces[1].iter().all(|point| point.0 >= 5000.0));
    }
}
