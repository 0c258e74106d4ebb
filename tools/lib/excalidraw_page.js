// Runs in a page beside Excalidraw's own code: what loading makes of a file, and the box of each element as it draws it.

const library = () => {
    const found = {};
    webpackChunkdash_excalidraw[0][1][294](found, {}, (id) => ({ 609: React, 795: ReactDOM })[id]);
    return found.exports;
};

// The left, top, right and bottom side of one element, in px of the scene, from the picture that Excalidraw exports of it. It is drawn without a
// shaking hand, and its pieces straight: what is compared is where it goes.
const box = async (lib, element, files) => {
    const plain = { ...element, boundElements: [], roughness: 0, opacity: 100 };
    if (["line", "arrow"].includes(element.type)) plain.roundness = null;
    const picture = await lib.exportToSvg({ elements: [plain], files, exportPadding: 0, appState: { exportBackground: false } });
    const [width, height] = ["width", "height"].map((name) => Number(picture.getAttribute(name)));
    const group = [...picture.querySelectorAll("[transform]")].find((node) => node.getAttribute("transform").startsWith("translate"));
    const [, x, y] = /translate\(([-\d.e]+)[ ,]+([-\d.e]+)\)/.exec(group.getAttribute("transform"));
    return [element.x - x, element.y - y, element.x - x + width, element.y - y + height];
};

// What loading makes of a file: its elements, their boxes, and what of it failed.
const judge = async (text) => {
    window.lib ||= library();
    // Texts are measured with it. Another of its name, which the code asks for elsewhere, does not come.
    await document.fonts.load("16px Cascadia").catch(() => {});
    const loaded = await lib.loadFromBlob(new Blob([text], { type: "application/json" }), null, null);
    const boxes = {}, failures = {};
    for (const element of loaded.elements) {
        if (element.type === "image") continue;
        try {
            boxes[element.id] = await box(lib, element, loaded.files);
        } catch (error) {
            failures[element.id] = String(error);
        }
    }
    return JSON.stringify({ elements: loaded.elements, boxes, failures });
};
