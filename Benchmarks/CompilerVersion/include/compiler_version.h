#pragma once

/// The C compiler that built this program, as it names itself. Static text.
const char *yinhe_c_compiler(void);
