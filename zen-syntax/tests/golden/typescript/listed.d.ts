declare function hidden(): void;
declare class Shown {}
declare class Base {}
export { Shown, Base as default };
