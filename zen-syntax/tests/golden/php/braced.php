<p>Text</p>
<?php
namespace First {
    class Same { function a() {} }
}
namespace Second\Inner {
    class Same { private function b() {} }
    function free() { Same::a(); }
}
namespace {
    function root() {}
}
