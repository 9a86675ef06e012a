use nearfield_ring::{NttTable, kernel::Set, prime::ntt_primes};
use std::time::Instant;
fn main() {
    let n = 1 << 16;
    let primes: Vec<_> = ntt_primes(49, n, 25).unwrap();
    for set in Set::available() {
        let tables: Vec<_> = primes
            .iter()
            .map(|&p| NttTable::with_kernels(set, p, n).unwrap())
            .collect();
        println!("{} bytes {}", set.name(), tables[0].bytes());
        let mut rows: Vec<Vec<u64>> = primes
            .iter()
            .map(|p| {
                (0..n as u64)
                    .map(|i| i * i * 12345678 % p.value())
                    .collect()
            })
            .collect();
        for inv in [false, true] {
            let mut best = f64::MAX;
            let mut sbest = f64::MAX;
            for _ in 0..300 {
                let t = Instant::now();
                for _ in 0..4 {
                    if inv {
                        tables[0].inverse(&mut rows[0])
                    } else {
                        tables[0].forward(&mut rows[0])
                    }
                }
                best = best.min(t.elapsed().as_secs_f64() / 4.0);
                let t = Instant::now();
                for (t, r) in tables.iter().zip(&mut rows) {
                    if inv { t.inverse(r) } else { t.forward(r) }
                }
                sbest = sbest.min(t.elapsed().as_secs_f64() / 25.0);
            }
            println!(
                "{} inv {inv}: hot {:.1} us, streaming {:.1} us",
                set.name(),
                best * 1e6,
                sbest * 1e6
            );
        }
    }
}
