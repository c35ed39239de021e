//! Lists of things,
//! and more.

const std = @import("std");
const builtin = @import("builtin");
const Allocator = std.mem.Allocator;
pub const other = @import("other.zig");
pub usingnamespace @import("mixin.zig");

/// How many.
pub const max_len: usize = 64;
const hidden = 1 << 4;
pub var counter: u32 = 0;
threadlocal var scratch: [16]u8 = undefined;
export const exported_value: c_int = 3;

/// What can go wrong.
pub const Error = error{
    /// No room.
    OutOfRoom,
    Closed,
};
pub const AllErrors = Error || std.mem.Allocator.Error;

/// Colours.
pub const Color = enum(u8) {
    /// Like blood.
    red,
    green = 4,
    _,

    /// Whether it is warm.
    pub fn isWarm(self: Color) bool {
        return self == .red;
    }
    const default: Color = .red;
};

/// A shape.
pub const Shape = union(enum) {
    circle: f64,
    /// Sides.
    square: struct { a: f64, b: f64 },
    nothing,
};

const Handle = opaque {
    pub fn close(self: *Handle) void {
        c.close(self);
    }
};

pub const Packed = packed struct(u32) {
    a: u16,
    b: u16 = 0,
};

/// A list of `T`.
pub fn List(comptime T: type) type {
    return struct {
        const Self = @This();
        /// The items.
        items: []T,
        allocator: Allocator,

        /// Makes one.
        pub fn init(allocator: Allocator) Self {
            return .{ .items = &.{}, .allocator = allocator };
        }

        pub inline fn len(self: Self) usize {
            return self.items.len;
        }

        fn grow(self: *Self) Allocator.Error!void {
            const more = try self.allocator.alloc(T, 4);
            _ = more;
        }
    };
}

/// Adds two.
/// Never fails.
pub fn add(a: i32, b: anytype, comptime n: usize) !i32 {
    const Local = struct { x: i32 };
    var it: Local = undefined;
    it.x = 1;
    return a + helper(b) + @as(i32, n) + std.math.max(1, 2);
}

fn helper(x: i32) callconv(.C) i32 {
    return x;
}

export fn exported(a: c_int, ...) c_int {
    return a;
}
extern "c" fn printf(format: [*:0]const u8, ...) c_int;
pub extern fn external() noreturn;
pub noinline fn slow() void {}

pub const Callback = *const fn (i32) void;
pub const Alias = List(u8);
const IntList = List(i32);

/// A point.
const Point = extern struct {
    x: f32 align(4) = 1.0,
    y: f32,
    pub const origin = Point{ .x = 0, .y = 0 };
    pub const Inner = struct {
        z: u8,
        pub fn deep() void {}
    };
};

// Not documentation.
fn plain() void {}

comptime {
    _ = Point;
}

test "adds" {
    try std.testing.expectEqual(3, try add(1, 2, 0));
}

test add {
    _ = add;
}

test {
    std.testing.refAllDecls(@This());
}
