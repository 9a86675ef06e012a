//! Reports of anything at all: they are refused or drawn, and never stop the program.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::{
    Chart, ChartLine, Confusion, HeadAccuracy, Mistake, Picture, Report, Table, WeightMagnitudes,
    render,
};
use nearfield_train::history::{Accuracies, EpochRecord, Tally};

fn text() -> impl Strategy<Value = String> {
    "[<>&\"'a-z0-9\u{0}\u{202e}→ ]{0,12}"
}

/// Counts near both ends, where sums overflow and shares are of nothing.
fn count() -> impl Strategy<Value = u64> {
    prop_oneof![0..4_u64, any::<u64>(), Just(u64::MAX), Just(1 << 56)]
}

fn tally() -> impl Strategy<Value = Tally> {
    (count(), count()).prop_map(|(one, other)| Tally {
        correct: one.min(other) % ((1 << 56) + 1),
        seen: one.max(other).min(1 << 56),
    })
}

fn accuracies() -> impl Strategy<Value = Accuracies> {
    (tally(), vec(tally(), 0..4)).prop_map(|(output, heads)| Accuracies { output, heads })
}

fn record() -> impl Strategy<Value = EpochRecord> {
    let epoch = prop_oneof![0..5_u32, any::<u32>()];
    (epoch, count(), count(), accuracies(), accuracies()).prop_map(
        |(epoch, steps, rate_inv, train, decision)| EpochRecord {
            epoch,
            steps,
            rate_inv,
            train,
            decision,
            milliseconds: steps,
        },
    )
}

/// Places and values, near and far; as a rule in order, so that they are drawn.
fn points() -> impl Strategy<Value = Vec<(i64, i64)>> {
    const FAR: i64 = 1_000_000_000_000;
    let number = || prop_oneof![-4..9_i64, -FAR..=FAR, Just(FAR), Just(-FAR)];
    let ordered = vec((number(), number()), 0..600).prop_map(|mut points| {
        points.sort_unstable();
        points.dedup_by_key(|point| point.0);
        points
    });
    prop_oneof![9 => ordered, 1 => vec((any::<i64>(), any::<i64>()), 0..4)]
}

fn chart() -> impl Strategy<Value = Chart> {
    let line = (text(), points()).prop_map(|(name, points)| ChartLine { name, points });
    (text(), text(), text(), vec(line, 0..4), text()).prop_map(
        |(title, x_name, y_name, lines, note)| Chart {
            title,
            x_name,
            y_name,
            lines,
            note,
        },
    )
}

fn confusion() -> impl Strategy<Value = Confusion> {
    let square =
        (0..44_usize).prop_flat_map(|size| (vec(text(), size), vec(vec(count(), size), size)));
    let ragged = (vec(text(), 0..4), vec(vec(count(), 0..4), 0..4));
    prop_oneof![square, ragged].prop_map(|(classes, counts)| Confusion { classes, counts })
}

fn weights() -> impl Strategy<Value = WeightMagnitudes> {
    (text(), count(), vec(count(), 0..66), any::<bool>()).prop_map(|(name, zeros, powers, fits)| {
        let highest = powers.iter().rposition(|&count| count > 0);
        let largest = highest.map_or(Some(0), |power| {
            1_u64.checked_shl(u32::try_from(power).ok()?)
        });
        WeightMagnitudes {
            name,
            max_abs: largest.filter(|_| fits).unwrap_or(zeros),
            zeros,
            powers,
        }
    })
}

fn mistake() -> impl Strategy<Value = Mistake> {
    let picture =
        (0..6_u32, 0..6_u32, 0..5_u8, any::<bool>()).prop_map(|(width, height, channels, fits)| {
            let bytes = (width * height) as usize * usize::from(channels);
            Picture {
                width,
                height,
                channels,
                pixels: vec![7; bytes + usize::from(!fits)],
            }
        });
    (count(), text(), text(), proptest::option::of(picture)).prop_map(
        |(index, truth, predicted, image)| Mistake {
            index,
            truth,
            predicted,
            image,
        },
    )
}

fn table() -> impl Strategy<Value = Table> {
    (
        text(),
        text(),
        vec(text(), 0..3),
        vec(vec(text(), 0..3), 0..3),
    )
        .prop_map(|(title, note, header, rows)| Table {
            title,
            note,
            header,
            rows,
        })
}

/// Few of each, so that most reports agree with themselves and reach the drawing.
fn report() -> impl Strategy<Value = Report> {
    let heads = vec((text(), tally()), 0..5);
    let parts = (
        vec(record(), 0..6),
        heads,
        proptest::option::of(confusion()),
    );
    let lists = (
        vec(chart(), 0..3),
        vec(weights(), 0..2),
        vec(mistake(), 0..2),
        vec(table(), 0..2),
    );
    (text(), vec((text(), text()), 0..3), parts, lists).prop_map(
        |(title, summary, (history, heads, confusion), (charts, weights, mistakes, tables))| {
            Report {
                footer: title.clone(),
                decision_name: title.clone(),
                title,
                summary,
                history,
                heads: heads
                    .into_iter()
                    .map(|(name, accuracy)| HeadAccuracy { name, accuracy })
                    .collect(),
                charts,
                confusion,
                weights,
                mistakes,
                tables,
            }
        },
    )
}

proptest! {
    #[test]
    fn any_report_is_refused_or_drawn(report in report()) {
        if let Ok(html) = render(&report) {
            prop_assert!(!html.contains("NaN") && !html.contains("inf%"));
            prop_assert_eq!(html.matches("<section").count(), html.matches("</section>").count());
            prop_assert!(html.ends_with("</html>\n"));
        }
    }
}
