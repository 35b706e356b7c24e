// Texts of the page whose contrast with their ground is below 4.5 to 1.
(() => {
  const rgb = (colour) => {
    // Mixed colours are told in parts of 1: color(srgb 0.9 0.8 0.7).
    const parts = colour.match(/[\d.]+/g).map((part) => part * (colour.startsWith("color(") ? 255 : 1));
    return parts.length > 3 && parts[3] === 0 ? null : parts.slice(0, 3);
  };
  const light = (colour) => {
    const linear = colour.map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour) return colour;
    }
    return [255, 255, 255];
  };
  const contrast = (node) => {
    const [more, less] = [light(rgb(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x);
    return (more + 0.05) / (less + 0.05);
  };
  const hasText = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
  return [...document.querySelectorAll("body *")]
    .filter((node) => hasText(node) && node.offsetParent && !node.matches(".skip, .unseen, option"))
    .filter((node) => contrast(node) < 4.5)
    .map((node) => `${node.className} ${node.textContent.slice(0, 30)} ${contrast(node).toFixed(2)}`);
})()
