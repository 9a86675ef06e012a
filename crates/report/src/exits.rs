//! Early exits: the final accuracy of every head, and what stopping there would cost.

use crate::HeadAccuracy;
use crate::page;
use crate::text::{NOTHING, accuracy, escape, grouped, share};
use nearfield_train::history::Tally;

/// The section of the early exits; nothing without heads.
pub(crate) fn section(heads: &[HeadAccuracy]) -> String {
    if heads.is_empty() {
        return String::new();
    }
    let best = best(heads);
    let mut rows = String::new();
    for (number, head) in heads.iter().enumerate() {
        rows += &row(head, best, best.is_some_and(|(place, _)| place == number));
    }
    let body = format!(
        "<p>The accuracy of stopping at each block's own classifier; \
         of equally good ones the earliest is marked.</p>\n\
         <div class=\"wide\"><table class=\"exits\">\n<thead><tr><th>Exit</th>\
         <th class=\"bar\">Accuracy, 0 to 100%</th><th class=\"number\">Accuracy</th>\
         <th class=\"number\">To the best</th><th class=\"number count\">Right of seen</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table></div>\n"
    );
    page::section("exits", "Early exits", &body)
}

/// Place and accuracy of the best exit; of equal ones the first, since it is the cheapest.
fn best(heads: &[HeadAccuracy]) -> Option<(usize, Tally)> {
    let seen = heads.iter().map(|head| head.accuracy).enumerate();
    seen.filter(|(_, tally)| tally.seen > 0)
        .reduce(|best, next| {
            if next.1.exceeds(best.1, 0) {
                next
            } else {
                best
            }
        })
}

fn row(head: &HeadAccuracy, best: Option<(usize, Tally)>, is_best: bool) -> String {
    let HeadAccuracy {
        name,
        accuracy: tally,
    } = head;
    let (class, badge) = if is_best {
        (" class=\"best\"", " <span class=\"badge\">best</span>")
    } else {
        ("", "")
    };
    let gap = match best {
        Some((_, best)) if tally.seen > 0 && !is_best => gap(*tally, best),
        _ => NOTHING.to_owned(),
    };
    format!(
        "<tr{class}><th scope=\"row\">{}{badge}</th>\
         <td class=\"bar\"><span style=\"width:{:.2}%\"></span></td>\
         <td class=\"number\">{}</td><td class=\"number\">{gap}</td>\
         <td class=\"number count\">{} of {}</td></tr>\n",
        escape(name),
        share(tally.correct.into(), tally.seen.into()) * 100.0,
        accuracy(*tally),
        grouped(tally.correct),
        grouped(tally.seen)
    )
}

/// How far `tally` is below `best`, in percentage points.
fn gap(tally: Tally, best: Tally) -> String {
    if !best.exceeds(tally, 0) {
        return "equal".to_owned();
    }
    let points = |tally: Tally| share(tally.correct.into(), tally.seen.into()) * 100.0;
    let below = (points(best) - points(tally)).max(0.0);
    format!("−{below:.2} points")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(name: &str, correct: u64, seen: u64) -> HeadAccuracy {
        HeadAccuracy {
            name: name.into(),
            accuracy: Tally { correct, seen },
        }
    }

    #[test]
    fn the_earliest_of_the_best_exits_is_marked() {
        let heads = [
            head("a", 0, 0),
            head("b", 90, 100),
            head("c", 96, 100),
            head("d", 48, 50),
        ];
        let html = section(&heads);
        assert_eq!(html.matches("class=\"badge\"").count(), 1);
        assert!(html.contains("<tr class=\"best\"><th scope=\"row\">c "));
        assert!(html.contains("−6.00 points"));
        assert_eq!(html.matches("equal</td>").count(), 1, "that of d");
        assert!(html.contains("90.00%"));
    }

    #[test]
    fn an_exit_that_saw_nothing_is_neither_best_nor_worse() {
        let html = section(&[head("a", 0, 0)]);
        assert!(!html.contains("badge") && !html.contains("points"));
        assert!(html.contains("<td class=\"number\">–</td>"));
        assert_eq!(section(&[]), "");
    }
}
