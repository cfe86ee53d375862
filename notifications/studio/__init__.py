"""The engine of the template studio: blocks, checks, previews with real orders, differences, tests. The page is `admin/studio`."""
