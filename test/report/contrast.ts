import type { Page } from 'playwright-core';

export interface Contrast {
  readonly text: string;
  /** From 1 to 21, as WCAG 2 has it. */
  readonly ratio: number;
}

/** The contrast of every visible text in a page with what is behind it. */
export function contrasts(page: Page): Promise<readonly Contrast[]> {
  return page.evaluate<readonly Contrast[]>(`(${inPage})()`);
}

// A text, since the compiler knows of no page here.
const inPage = `() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const read = (css) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = css;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (front, back) => [
    ...[0, 1, 2].map((at) => front[at] * front[3] + back[at] * (1 - front[3])),
    1,
  ];
  const backOf = (element) => {
    if (!element) return [255, 255, 255, 1];
    const color = read(getComputedStyle(element).backgroundColor);
    return color[3] === 1 ? color : over(color, backOf(element.parentElement));
  };
  const light = (color) => {
    const [red, green, blue] = color.slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  return [...document.querySelectorAll('body *')].flatMap((element) => {
    const text = [...element.childNodes]
      .filter((node) => node.nodeType === Node.TEXT_NODE)
      .map((node) => node.textContent.trim())
      .join('');
    const style = getComputedStyle(element);
    const isHidden = element.getClientRects().length === 0 || style.clipPath !== 'none';
    if (!text || isHidden || element.closest('.skip, title, script, style')) return [];
    // A shape of a drawing stands behind its texts; a bar does not stand behind those beside it.
    const shape = element.closest('svg g')?.querySelector('rect');
    const beside = element.closest('.took:not(.inside)')?.closest('td');
    const back = shape ? read(getComputedStyle(shape).fill) : backOf(beside ?? element);
    const front = over(read(shape ? style.fill : style.color), back);
    const [darker, lighter] = [light(front), light(back)].sort((a, b) => a - b);
    return [{ text: text.slice(0, 40), ratio: (lighter + 0.05) / (darker + 0.05) }];
  });
}`;
