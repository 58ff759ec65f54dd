"""The demonstration year: a made-up FY2566 that looks like the real thing and says everywhere that it is not."""

from portal.demo.builder import LOGINS, build, is_demo, logins, may_build

__all__ = ["LOGINS", "build", "is_demo", "logins", "may_build"]
