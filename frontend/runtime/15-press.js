// ---- what would move a button from under the pointer waits until it is up: the click on the button would be lost ----
let waiting; // what to do then; undefined while the pointer is not down
const isPressed = () => waiting !== undefined;
const afterPress = (action) => {
  if (isPressed()) {
    waiting.push(action);
  } else {
    action();
  }
};

const watchPointer = () => {
  document.addEventListener('pointerdown', (event) => {
    if (event.button === 0 && !event.target.closest('select')) { // where the list of a select opens, no pointerup follows
      waiting = waiting || [];
    }
  }, true);
  for (const end of ['pointerup', 'pointercancel']) {
    document.addEventListener(end, () => {
      const actions = waiting || [];
      waiting = undefined;
      setTimeout(() => actions.forEach((action) => action())); // after the click
    }, true);
  }
};

if (typeof document !== 'undefined') { // tests in Node import the editors too
  watchPointer();
}
