//! Samples that were answered wrongly, with their pictures inside the page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::page;
use crate::text::{counted, escape, grouped};
use crate::{Error, Result};
use crate::{Mistake, Picture};

/// Small pictures are scaled up by a whole number to about this many page units.
const SHOWN: u32 = 112;

/// The section of the mistakes; nothing without any.
pub(crate) fn section(mistakes: &[Mistake]) -> Result<String> {
    if mistakes.is_empty() {
        return Ok(String::new());
    }
    let mut cards = String::new();
    for mistake in mistakes {
        cards += &card(mistake)?;
    }
    let body = format!(
        "<p>{} that the output answered wrongly, numbered from 0.</p>\n\
         <div class=\"mistakes\">\n{cards}</div>\n",
        counted(mistakes.len() as u64, "sample")
    );
    Ok(page::section("mistakes", "Mistakes", &body))
}

fn card(mistake: &Mistake) -> Result<String> {
    let picture = match &mistake.image {
        Some(picture) => image(picture, mistake.index)?,
        None => String::new(),
    };
    Ok(format!(
        "<figure>{picture}<figcaption><span>sample {}:</span> <span>truth <b>{}</b>,</span> \
         <span>predicted <b>{}</b></span></figcaption></figure>\n",
        grouped(mistake.index),
        escape(&mistake.truth),
        escape(&mistake.predicted)
    ))
}

fn image(picture: &Picture, index: u64) -> Result<String> {
    let Picture { width, height, .. } = *picture;
    let scale = (SHOWN / width.max(height).max(1)).max(1);
    let png = png(picture).map_err(|problem| {
        Error::Data(format!(
            "cannot draw the picture of sample {index}: {problem}"
        ))
    })?;
    Ok(format!(
        "<img src=\"data:image/png;base64,{}\" width=\"{}\" height=\"{}\" alt=\"sample {}\">",
        STANDARD.encode(png),
        width.saturating_mul(scale),
        height.saturating_mul(scale),
        grouped(index)
    ))
}

/// `picture` as a PNG file, which wants the channels of a pixel side by side.
fn png(picture: &Picture) -> std::result::Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, picture.width, picture.height);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_color(match picture.channels {
        3 => png::ColorType::Rgb,
        _ => png::ColorType::Grayscale,
    });
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&interleaved(picture))?;
    writer.finish()?;
    Ok(file)
}

fn interleaved(picture: &Picture) -> Vec<u8> {
    let planes = usize::from(picture.channels.max(1));
    let plane = picture.pixels.len() / planes;
    let pixel =
        |place| (0..planes).filter_map(move |channel| picture.pixels.get(channel * plane + place));
    (0..plane).flat_map(pixel).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(image: Option<Picture>) -> Mistake {
        Mistake {
            index: 123,
            truth: "4".into(),
            predicted: "9".into(),
            image,
        }
    }

    fn decoded(html: &str) -> (png::OutputInfo, Vec<u8>) {
        let (_, rest) = html.split_once("src=\"data:image/png;base64,").unwrap();
        let file = STANDARD.decode(rest.split('"').next().unwrap()).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        (info, pixels)
    }

    #[test]
    fn a_grey_picture_decodes_to_the_same_pixels() {
        let pixels: Vec<u8> = (0..=255).cycle().step_by(7).take(28 * 20).collect();
        let picture = Picture {
            width: 28,
            height: 20,
            channels: 1,
            pixels: pixels.clone(),
        };
        let (info, found) = decoded(&section(&[mistake(Some(picture))]).unwrap());
        assert_eq!((info.width, info.height), (28, 20));
        assert_eq!(info.color_type, png::ColorType::Grayscale);
        assert_eq!(found, pixels);
    }

    #[test]
    fn a_colour_picture_decodes_to_the_same_pixels_side_by_side() {
        let picture = Picture {
            width: 2,
            height: 1,
            channels: 3,
            pixels: vec![10, 11, 20, 21, 30, 31],
        };
        let (info, found) = decoded(&section(&[mistake(Some(picture))]).unwrap());
        assert_eq!(info.color_type, png::ColorType::Rgb);
        assert_eq!(found, [10, 20, 30, 11, 21, 31]);
    }

    #[test]
    fn small_pictures_are_scaled_by_whole_numbers_and_large_ones_are_not() {
        let shown = |width, height| {
            let pixels = vec![0; (width * height) as usize];
            let picture = Picture {
                width,
                height,
                channels: 1,
                pixels,
            };
            image(&picture, 0).unwrap()
        };
        assert!(shown(28, 28).contains("width=\"112\" height=\"112\""));
        assert!(shown(32, 16).contains("width=\"96\" height=\"48\""));
        assert!(shown(200, 100).contains("width=\"200\" height=\"100\""));
    }

    #[test]
    fn a_mistake_without_a_picture_is_told_in_words() {
        let html = section(&[mistake(None)]).unwrap();
        assert!(!html.contains("<img"));
        let words = html.replace("<span>", "").replace("</span>", "");
        assert!(words.contains("sample 123: truth <b>4</b>, predicted <b>9</b>"));
    }
}
