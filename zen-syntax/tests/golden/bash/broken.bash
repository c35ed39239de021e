fine() { :; }
broken() {
  if true; then
