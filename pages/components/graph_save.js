// Files of a graph, made in the browser: its picture is drawn with the fonts of this machine, so every script appears.

const MIME = { svg: "image/svg+xml", png: "image/png", dot: "text/vnd.graphviz", mmd: "text/plain" };
const LARGEST = 12000; // pixels a side; browsers refuse larger canvases

async function save(form, data, size) {
  const text = { svg: sized(data.svg, size, 1), dot: data.files.dot, mmd: data.files.mmd }[form];
  const blob = form === "png" ? await picture(data.svg, size) : new Blob([text], { type: `${MIME[form]};charset=utf-8` });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${data.files.name}.${form}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// A size in the file itself: programs that show an SVG without one choose their own, and a canvas needs it.
function sized(svg, { width, height }, scale) {
  const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  root.setAttribute("width", Math.round(width * scale));
  root.setAttribute("height", Math.round(height * scale));
  return new XMLSerializer().serializeToString(root);
}

async function picture(svg, size) {
  const scale = Math.min(2, LARGEST / Math.max(size.width, size.height));
  const image = new Image();
  const source = URL.createObjectURL(new Blob([sized(svg, size, scale)], { type: MIME.svg }));
  try {
    image.src = source;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext("2d").drawImage(image, 0, 0);
    return await new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed()), MIME.png));
  } finally {
    URL.revokeObjectURL(source);
  }
}
