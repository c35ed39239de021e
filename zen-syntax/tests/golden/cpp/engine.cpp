#include "engine.hpp"

namespace engine::core {

template <typename T, int N>
Engine<T, N>::Engine(int size, const std::string& name) noexcept : Base<T>(size), size_(size) {
  tick();
}

template <typename T, int N>
Engine<T, N>::~Engine() = default;

void Options::reset() const { this->clear(); }

bool Engine::operator==(const Engine& rhs) const { return rhs.size_ == size_; }

Engine::operator bool() const { return true; }

int Engine::count = 0;

static std::unique_ptr<Point> make_point() {
  auto p = std::make_unique<Point>(1, 2);
  auto* q = new Point{};
  Traits<int>::get(p->x);
  p->move(3).scale(4);
  return p;
}

}  // namespace engine::core

namespace a { namespace b {
/** Deep. */
void deep() noexcept(true);
}}

void deep();

void deep() {
  engine::core::add(1, 2);
}

int a::b::Type<int>::twice(int x) { return x * 2; }

DEFINE_bool(fast, true, "Fast.");

TEST(Engine, Runs) { EXPECT_EQ(1, 1); }
