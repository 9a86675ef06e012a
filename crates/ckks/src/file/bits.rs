//! Residues packed into as many bits as their prime has.

use nearfield_ring::Modulus;

/// Residues that are packed together: 8 of any length fill whole bytes.
const GROUP: usize = 8;

/// Maximum of the bits of a prime: a residue that begins within a byte still fits in 8 bytes.
const MAX_BITS: usize = 57;

/// Bytes of a packed row.
pub(super) fn packed_len(modulus: Modulus, degree: usize) -> usize {
    length(modulus) * degree / GROUP
}

/// Packs a row, or returns the index of the first number that is not a residue.
pub(super) fn pack(modulus: Modulus, row: &[u64]) -> Result<Vec<u8>, usize> {
    if let Some(place) = row.iter().position(|&residue| residue >= modulus.value()) {
        return Err(place);
    }
    let bits = length(modulus);
    let mut bytes = Vec::with_capacity(packed_len(modulus, row.len()));
    for group in row.as_chunks::<GROUP>().0 {
        let mut buffer = [0; MAX_BITS + GROUP];
        for (index, &residue) in group.iter().enumerate() {
            let (byte, shift) = (index * bits / 8, index * bits % 8);
            let word = word(&mut buffer, byte);
            *word = (u64::from_le_bytes(*word) | residue << shift).to_le_bytes();
        }
        bytes.extend_from_slice(&buffer[..bits]);
    }
    Ok(bytes)
}

/// Unpacks a row, or returns the index of the first number that is not a residue.
pub(super) fn unpack(modulus: Modulus, bytes: &[u8], row: &mut [u64]) -> Result<(), usize> {
    let (bits, value) = (length(modulus), modulus.value());
    let mask = u64::MAX >> (64 - bits);
    let mut max = 0;
    for (group, packed) in row
        .as_chunks_mut::<GROUP>()
        .0
        .iter_mut()
        .zip(bytes.chunks_exact(bits))
    {
        let mut buffer = [0; MAX_BITS + GROUP];
        buffer[..bits].copy_from_slice(packed);
        for (index, residue) in group.iter_mut().enumerate() {
            let (byte, shift) = (index * bits / 8, index * bits % 8);
            *residue = u64::from_le_bytes(*word(&mut buffer, byte)) >> shift & mask;
            max = max.max(*residue);
        }
    }
    if max < value {
        return Ok(());
    }
    let wrong = row.iter().position(|&residue| residue >= value);
    Err(wrong.unwrap_or_default())
}

/// Bits of a residue, and bytes of a group.
fn length(modulus: Modulus) -> usize {
    let bits = modulus.bits() as usize;
    assert!(bits <= MAX_BITS, "parameters have primes of {bits} bits");
    bits
}

/// The eight bytes from `byte` on.
fn word(buffer: &mut [u8; MAX_BITS + GROUP], byte: usize) -> &mut [u8; 8] {
    let (words, _) = buffer[byte..byte + 8].as_chunks_mut();
    &mut words[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_survive_packing_and_a_number_beyond_its_prime_is_found(
            bits in 3..=57_u32, seed in any::<u64>(), words in any::<[u64; 32]>(), wrong in 0..32_usize,
        ) {
            let modulus = Modulus::new((seed >> (64 - bits)) | 1 | 1 << (bits - 1)).unwrap();
            let mut row = words.map(|word| word % modulus.value());
            row[0] = modulus.value() - 1;
            let bytes = pack(modulus, &row).unwrap();
            prop_assert_eq!(bytes.len(), packed_len(modulus, 32));
            let mut back = [0; 32];
            unpack(modulus, &bytes, &mut back).unwrap();
            prop_assert_eq!(row, back);
            row[wrong] = modulus.value();
            prop_assert_eq!(pack(modulus, &row), Err(wrong));
        }

        #[test]
        fn any_bytes_are_residues_or_refused(bytes in any::<[u8; 5 * 16]>()) {
            let modulus = Modulus::new((1 << 39) + 1).unwrap();
            let mut row = [0; 16];
            if let Err(place) = unpack(modulus, &bytes, &mut row) {
                prop_assert!(row[place] >= modulus.value() && row[place] < 1 << 40);
            } else {
                prop_assert_eq!(pack(modulus, &row).unwrap(), bytes);
            }
        }
    }
}
