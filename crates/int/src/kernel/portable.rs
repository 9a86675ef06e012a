//! The kernels in plain Rust, written so that compilers vectorise them on any target.

/// `sums[w] = row . rows[w]` for consecutive `rows` of the same length.
pub(super) fn row_products_i16(row: &[i16], rows: &[i16], sums: &mut [i32]) {
    for (sum, other) in sums.iter_mut().zip(rows.chunks_exact(row.len())) {
        *sum = row.iter().zip(other).fold(0, |sum: i32, (&a, &b)| {
            sum.wrapping_add(i32::from(a) * i32::from(b))
        });
    }
}

/// As [`row_products_i16`], for one int16 row and many int32 rows.
pub(super) fn row_products_i32(row: &[i16], rows: &[i32], sums: &mut [i32]) {
    for (sum, other) in sums.iter_mut().zip(rows.chunks_exact(row.len())) {
        *sum = mixed_product(row, other);
    }
}

/// As [`row_products_i16`], for one int32 row and many int16 rows.
pub(super) fn wide_row_products(row: &[i32], rows: &[i16], sums: &mut [i32]) {
    for (sum, other) in sums.iter_mut().zip(rows.chunks_exact(row.len())) {
        *sum = mixed_product(other, row);
    }
}

fn mixed_product(narrow: &[i16], wide: &[i32]) -> i32 {
    narrow.iter().zip(wide).fold(0, |sum: i32, (&a, &b)| {
        sum.wrapping_add(i32::from(a).wrapping_mul(b))
    })
}

/// `sums += scale * row`.
pub(super) fn add_scaled_i16(sums: &mut [i32], scale: i32, row: &[i16]) {
    for (sum, &value) in sums.iter_mut().zip(row) {
        *sum = sum.wrapping_add(scale.wrapping_mul(i32::from(value)));
    }
}

/// `sums += scale * row`.
pub(super) fn add_scaled_i32(sums: &mut [i32], scale: i32, row: &[i32]) {
    for (sum, &value) in sums.iter_mut().zip(row) {
        *sum = sum.wrapping_add(scale.wrapping_mul(value));
    }
}
